import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../common/errors.js';

/** Name of the key file in the folder of the embedded database. */
const FILE_NAME = 'signing-key.pem';

/** A key file cannot be used. The message contains nothing of its contents. */
export class UnusableKeyFile extends OperatorError {}

/** A public Ed25519 key of a JSON Web Key Set (RFC 8037), whose id is its thumbprint (RFC 7638). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** A private key with its public half. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
}

/**
 * The Ed25519 keys of the service: the first signs, all are published for those who verify (section 13 of the contract).
 */
export class SigningKeys {
  private constructor(readonly all: readonly SigningKey[]) {}

  /** No keys: nothing can be signed. */
  static readonly none = new SigningKeys([]);

  /** The key that signs; undefined if there is none. */
  get first(): SigningKey | undefined {
    return this.all[0];
  }

  /**
   * @param file the setting `SIGNING_KEY_FILE`
   * @param folder of the embedded database, in which a key is created if no file is set; undefined on a server
   * @throws UnusableKeyFile
   */
  static open(file: string | undefined, folder: string | undefined): SigningKeys {
    if (file !== undefined) return SigningKeys.read(file);
    if (folder === undefined) return SigningKeys.none;
    const own = keyFileIn(folder);
    createKeyFile(own);
    return SigningKeys.read(own);
  }

  /**
   * @param file PKCS#8 in PEM, one or several keys
   * @throws UnusableKeyFile it cannot be read, contains no key, or a key of another type
   */
  static read(file: string): SigningKeys {
    const blocks = readText(file).match(/-----BEGIN [^-]+-----.*?-----END [^-]+-----/gs) ?? [];
    if (blocks.length === 0) throw new UnusableKeyFile(`The signing key file ${file} contains no key in PEM.`);
    return new SigningKeys(blocks.map((block) => keyOf(block, file)));
  }
}

/** @returns the path of the key file of an embedded database in `folder` */
export function keyFileIn(folder: string): string {
  return join(folder, FILE_NAME);
}

/**
 * Creates a key file that only its owner can read, completely or not at all. An existing file stays as it is.
 * @returns whether it was created
 * @throws UnusableKeyFile it cannot be written
 */
export function createKeyFile(file: string): boolean {
  const unfinished = `${file}.${String(process.pid)}.unfinished`;
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  try {
    rmSync(unfinished, { force: true });
    const descriptor = openSync(unfinished, 'wx', 0o600);
    try {
      writeFileSync(descriptor, pem);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    // Unlike a rename, a link never replaces the key of another process.
    linkSync(unfinished, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new UnusableKeyFile(`The signing key file ${file} cannot be written (${codeOf(error)}).`);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnusableKeyFile(
      `The signing key file ${file} cannot be read (${codeOf(error)}); check SIGNING_KEY_FILE, or create the file with \`record key\`.`,
    );
  }
}

function keyOf(block: string, file: string): SigningKey {
  const privateKey = parse(block);
  if (privateKey?.asymmetricKeyType !== 'ed25519') {
    throw new UnusableKeyFile(
      `The signing key file ${file} must contain only Ed25519 private keys in PKCS#8 PEM, not encrypted, as \`record key\` creates them.`,
    );
  }
  const publicKey = createPublicKey(privateKey);
  const { x = '' } = publicKey.export({ format: 'jwk' });
  // The members that RFC 7638 requires, in its order.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  return { privateKey, publicKey, jwk: { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' } };
}

function parse(block: string): KeyObject | undefined {
  if (!block.startsWith('-----BEGIN PRIVATE KEY-----')) return undefined;
  try {
    return createPrivateKey(block);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code;
}
