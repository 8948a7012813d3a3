import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** The type of Ed25519 signatures in a signed note. */
const ED25519 = 1;

const SEPARATOR = '\n\n';

/** Length of the id of a key, in bytes. */
const ID_LENGTH = 4;

/** A key that verifies signed notes. */
export interface VerifierKey {
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** A signature of a note. */
interface NoteSignature {
  readonly name: string;
  readonly id: Buffer;
  readonly signature: Buffer;
}

/** A note whose signatures are not checked yet. */
export interface SignedNote {
  /** With its final line break. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** @returns the verifier key (vkey) of a public Ed25519 key under a name, see C2SP signed-note */
export function verifierKeyText(name: string, publicKey: KeyObject): string {
  const typed = typedKey(publicKey);
  return `${name}+${keyId(name, typed).toString('hex')}+${typed.toString('base64')}`;
}

/** @returns the key in the text of a verifier key; undefined if it is malformed, or not for Ed25519 */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const [, name = '', id = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? [];
  const typed = decoded(encoded);
  if (typed?.length !== 33 || typed[0] !== ED25519 || keyId(name, typed).toString('hex') !== id) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: typed.subarray(1).toString('base64url') };
  return { name, id: Buffer.from(id, 'hex'), key: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/**
 * @param text ends with a line break
 * @param name of the key, without spaces and plus signs
 * @param key Ed25519, private
 * @returns the text with one signature
 */
export function signNote(text: string, name: string, key: KeyObject): string {
  const id = keyId(name, typedKey(createPublicKey(key)));
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)]).toString('base64');
  return `${text}\n— ${name} ${signature}\n`;
}

/** @returns the text and the signatures of a note; undefined if it is malformed */
export function parseNote(note: string): SignedNote | undefined {
  const end = note.lastIndexOf(SEPARATOR);
  if (end < 0 || !note.endsWith('\n') || /[\x00-\x09\x0b-\x1f]/.test(note)) return undefined;
  const lines = note.slice(end + SEPARATOR.length, -1).split('\n');
  const signatures = lines.flatMap((line) => signatureIn(line) ?? []);
  if (signatures.length !== lines.length) return undefined;
  return { text: note.slice(0, end + 1), signatures };
}

/** @returns whether the key has signed the note; undefined if there is no signature by its name and id */
export function isSignedBy({ text, signatures }: SignedNote, { name, id, key }: VerifierKey): boolean | undefined {
  const own = signatures.filter((signature) => signature.name === name && signature.id.equals(id));
  return own.length === 0 ? undefined : own.every(({ signature }) => verify(null, Buffer.from(text), key, signature));
}

function signatureIn(line: string): NoteSignature | undefined {
  const [, name = '', encoded = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  const bytes = decoded(encoded);
  if (bytes === undefined || bytes.length <= ID_LENGTH) return undefined;
  return { name, id: bytes.subarray(0, ID_LENGTH), signature: bytes.subarray(ID_LENGTH) };
}

/** @returns the bytes; undefined if the text is not exactly their encoding, which Node would accept */
export function decoded(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

function typedKey(publicKey: KeyObject): Buffer {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(ED25519), Buffer.from(x, 'base64url')]);
}

function keyId(name: string, typed: Buffer): Buffer {
  return createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, ID_LENGTH);
}
