import { emailKeyOf } from '../../src/medics/medic.entity.js';
import { medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const EQUAL = [
  ['STRAẞE', 'straße'],
  ['Ana.Núñez', 'ANA.NÚÑEZ'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['ς', 'σ'],
  ['K', 'k'],
  ['ſ', 'S'],
  ['µ', 'Μ'],
  ['ǅ', 'ǆ'],
  ['ꭰ', 'Ꭰ'],
  ['ᏸ', 'Ᏸ'],
  ['Ა', 'ა'],
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['ﬅ', 'ﬆ'],
  ['𐐀', '𐐨'],
] as const;

const DIFFERENT = [
  ['straße', 'strasse'],
  ['ı', 'i'],
  ['ı', 'I'],
  ['İ', 'i'],
  ['İ', 'i\u0307'],
  ['ŉ', 'ʼn'],
  ['ﬁ', 'fi'],
  ['é', 'e\u0301'],
  ['é', 'e'],
] as const;

describe('emailKeyOf', () => {
  test.each(EQUAL)('%s and %s are the same email', (one, other) => {
    expect(emailKeyOf(one)).toBe(emailKeyOf(other));
  });

  test.each(DIFFERENT)('%s and %s are different emails', (one, other) => {
    expect(emailKeyOf(one)).not.toBe(emailKeyOf(other));
  });

  test('two letters are equal if and only if simple case folding maps them to the same letter', () => {
    // Regular expressions with the flags `i` and `u` compare by the mappings C and S of CaseFolding.txt.
    const letters = Array.from({ length: 0x11_0000 }, (_, point) => point)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((letter) => /[\p{Lu}\p{Ll}\p{Lt}\p{Changes_When_Casemapped}\p{Changes_When_Casefolded}]/u.test(letter));
    const classes = new Map<string, string>();
    for (const letter of letters) classes.set(emailKeyOf(letter), (classes.get(emailKeyOf(letter)) ?? '') + letter);
    const all = letters.join('');
    const wrong = letters.filter((letter) => {
      const matched = all.match(new RegExp(`\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`, 'giu'));
      return matched?.join('') !== classes.get(emailKeyOf(letter));
    });
    expect(letters.length).toBeGreaterThan(2800);
    expect(wrong).toEqual([]);
  });

  test('emailKeyOf is idempotent', () => {
    expect(emailKeyOf(emailKeyOf('ΣAẞ.İı@Example.ORG'))).toBe('σaß.İı@example.org');
  });
});

describe('an email', () => {
  const service = useService();

  test('an email is unique, found and logged in with in any letter case, and no other spelling matches', async () => {
    const creator = await service.given.medic();
    const email = 'straße.σίσυφος@example.org';
    const { id } = (await creator.post('/medics/', medicBody({ email }))).isCreated({ email }).body();
    const capital = 'STRAẞE.ΣΊΣΥΦΟΣ@EXAMPLE.ORG';
    (await creator.post('/medics/', medicBody({ email: capital }))).isInvalid('email');
    const search = (query: string) => creator.get(`/search/medics/?query=${encodeURIComponent(query)}`);
    (await search(capital)).isOk({ count: 1, results: [{ id, email }] });
    (await search('strasse.σίσυφος@example.org')).isOk({ count: 0 });
    const password = medicBody().password;
    (await service.client.post('/token-auth/', { email: capital, password })).isOk();
    (await creator.post('/medics/', medicBody({ email: 'strasse.σίσυφος@example.org' }))).isCreated();
  });
});
