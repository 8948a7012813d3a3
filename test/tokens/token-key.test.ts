import { createHash } from 'node:crypto';
import { digestOf, generateKey, keyKindOf } from '../../src/auth/token-key.js';

/** Keys in the format of the first release. */
const KEYS = ['hmk_8d7dqywcwf28rzspqawn5w3k6mcnq047b24wy00', 'hmk_t721bwjepddrm08hqm58xyv1p80jbdssp7zvd1r'] as const;
const [KEY] = KEYS;

test('a new key is recognizable, has no ambiguous letters, and is unique', () => {
  const keys = Array.from({ length: 100 }, () => generateKey());
  for (const key of keys) {
    expect(key).toMatch(/^hmk_[0-9a-hjkmnp-tv-z]{39}$/);
    expect(keyKindOf(key)).toBe('medic');
  }
  expect(new Set(keys).size).toBe(100);
});

test('the key of a service account has its own prefix, and otherwise the same format', () => {
  const key = generateKey('service');
  expect(key).toMatch(/^hms_[0-9a-hjkmnp-tv-z]{39}$/);
  expect(keyKindOf(key)).toBe('service');
});

test('keys of the first release stay valid', () => {
  expect(KEYS.filter((key) => keyKindOf(key) === 'medic')).toEqual(KEYS);
});

test('one wrong letter is detected without the database, at any position', () => {
  for (let at = 'hmk_'.length; at < KEY.length; at += 1) {
    const wrong = KEY[at] === 'z' ? '0' : 'z';
    expect([at, keyKindOf(KEY.slice(0, at) + wrong + KEY.slice(at + 1))]).toEqual([at, null]);
  }
});

test.each([
  ['nothing', ''],
  ['the key without its prefix', KEY.slice(4)],
  ['another prefix', KEY.replace('hmk_', 'hmx_')],
  ['upper case', KEY.toUpperCase()],
  ['text before it', `x${KEY}`],
  ['text after it', `${KEY}0`],
  ['a key that is cut short', KEY.slice(0, -1)],
])('not a key: %s', (_, text) => {
  expect(keyKindOf(text)).toBeNull();
});

test('only the SHA-256 of a key is stored', () => {
  expect(digestOf(KEY)).toEqual(createHash('sha256').update(KEY).digest());
  expect(digestOf('').toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
