import fc from 'fast-check';
import type { Scene } from './scene.js';

export type Headers = Readonly<Record<string, string>>;

/** The sender of a request and its `Authorization` header. */
export interface Sender {
  /** A role of the scene, if the key is live. */
  readonly role?: string;
  readonly authorization?: string;
}

/**
 * @param usual the role of most senders
 * @returns senders, most of them with a live key of the scene
 */
export function senderOf({ keys, deadKeys }: Scene, usual: string): fc.Arbitrary<Sender> {
  const [anyKey = ''] = Object.values(keys);
  const scheme = fc.constantFrom('Token', 'Token', 'Token', 'token', 'TOKEN ');
  const as = (role: string) => scheme.map((name) => ({ role, authorization: `${name} ${keys[role] ?? ''}` }));
  const flipped = anyKey.slice(0, -1) + (anyKey.endsWith('0') ? '1' : '0');
  const refused = [
    ...deadKeys.map((key) => `Token ${key}`),
    `Bearer ${anyKey}`,
    `Token ${flipped}`,
    anyKey,
    'Token',
    '',
  ];
  return fc.oneof(
    { weight: 14, arbitrary: as(usual) },
    ...Object.keys(keys).map((role) => ({ weight: 2, arbitrary: as(role) })),
    { weight: 1, arbitrary: fc.constantFrom<Sender>({}, ...refused.map((authorization) => ({ authorization }))) },
    { weight: 1, arbitrary: hostileText.map((text) => ({ authorization: `Token ${text}` })) },
  );
}

/** All characters that a header value may contain: one byte each, no control characters except tab. */
const hostileText = fc.oneof(
  fc.constantFrom(
    `' OR '1'='1`,
    '{"level":50}',
    '[31m',
    '"',
    'x'.repeat(200),
    '\xff\xfe',
    '\t',
    '${jndi:ldap://x}',
    '%0d%0aX: 1',
  ),
  fc
    .string({ unit: fc.constantFrom(...' !"#$%&()*+,-./:;<=>?@AZ[]^_`az{|}~\x80\xff\t'), maxLength: 30 })
    .map((text) => text.trim()),
);

const OTHERS: Record<string, fc.Arbitrary<string>> = {
  Accept: fc.constantFrom(
    '*/*',
    'application/json',
    'text/html, */*;q=0.1',
    'image/png',
    'text/html',
    'application/json;q=0',
    ',,',
    'x',
  ),
  'X-Request-Id': fc.oneof(fc.uuid(), hostileText),
  Host: fc.constantFrom('localhost', 'a b', '[', 'x:99999', 'evil.example/..', 'a@b', '', 'localhost'),
  'X-Forwarded-Host': hostileText,
  'X-Forwarded-Proto': hostileText,
  'X-Forwarded-For': hostileText,
  'X-HTTP-Method-Override': fc.constantFrom('DELETE', 'PUT'),
  Origin: hostileText,
  Cookie: hostileText,
  Range: fc.constantFrom('bytes=0-1', 'bytes=9-1', 'x'),
  'If-None-Match': fc.oneof(fc.constantFrom('*', '"x"', ',,', 'W/'), hostileText),
  'If-Match': fc.oneof(fc.constantFrom('*', '"x"', 'W/"x"', '"x", *', ',,', 'x'), hostileText),
  'Idempotency-Key': fc.oneof(fc.constantFrom('"a"', 'a', '""', 'x'.repeat(256), 'a, b', '"a";p=1'), hostileText),
  'Content-Encoding': fc.constantFrom('gzip', 'br', 'identity', 'x'),
  Expect: fc.constantFrom('100-continue', 'nonsense'),
  Upgrade: fc.constantFrom('websocket', 'h2c'),
  TE: fc.constantFrom('trailers', 'x'),
};

/** Additional headers, mostly none. */
export const otherHeaders: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  ...Object.entries(OTHERS).map(([name, value]) => ({
    weight: name === 'Accept' || name === 'If-None-Match' ? 2 : 1,
    arbitrary: value.map((text) => ({ [name]: text, ...(name === 'Upgrade' ? { Connection: 'Upgrade' } : {}) })),
  })),
  { weight: 1, arbitrary: hostileText.map((text) => ({ 'X-Other': text })) },
);
