import type { Actor } from '../support/actor.js';
import { useService } from '../support/service.js';

const service = useService();
const PATH = '/management/memberships/bulk/';

interface Bulk {
  readonly results: readonly { membership?: number; errors?: Record<string, string[]> }[];
}

const csvOf = (body: string) => ({ headers: { 'content-type': 'text/csv' }, body });

async function upload(admin: Actor, hospital: number, csv: string, query = ''): Promise<Bulk> {
  return (await admin.send('POST', `${PATH}?hospital=${String(hospital)}${query}`, csvOf(csv))).isOk().body<Bulk>();
}

describe('POST /management/memberships/bulk/ with text/csv', () => {
  test.each([
    ['commas', 'email,type_membership,restore\n{1},ADMIN,\n{2},,true\n'],
    ['semicolons, a byte order mark and CRLF', '\ufeffemail;type_membership\r\n{1};admin\r\n{2};\r\n'],
    ['tabs, quotes and spaces', 'Type_Membership\t"email"\n"ADMIN"\t" {1} "\n\t{2}'],
    ['ids and empty lines', '\nmedic,type_membership\n\n{id1},ADMIN\n{id2},\n\n'],
  ])('%s', async (_, template) => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const csv = template
      .replace('{1}', outsider.email)
      .replace('{2}', stranger.email)
      .replace('{id1}', String(outsider.id))
      .replace('{id2}', String(stranger.id));
    expect(await upload(admin, hospital, csv, '&dry_run=true')).toMatchObject({ created: 2, failed: 0 });
    const { results } = await upload(admin, hospital, csv);
    const url = (place: number) => `/management/memberships/${String(results[place]?.membership)}`;
    (await admin.get(url(0))).isOk({ type_membership: 'ADMIN' });
    (await admin.get(url(1))).isOk({ type_membership: 'MEMBER' });
  });

  test('a row of thousands of cells fails by itself, and names no more than twenty of them', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const csv = `email\n${outsider.email}${',x'.repeat(10_000)}\n${outsider.email}${','.repeat(30)}x\n`;
    const { results } = await upload(admin, hospital, csv);
    const places = Array.from({ length: 19 }, (_, at) => `column ${String(at + 2)}`);
    expect(results.map(({ errors }) => Object.keys(errors ?? {}))).toEqual([places, ['column 31']]);
  });

  test('a megabyte that is not UTF-8 is a 400, and changes nothing', async () => {
    const { hospital, admin } = await service.given.hospital();
    const body = Buffer.concat([Buffer.from('email\n'), Buffer.alloc(1_000_000, 0xff)]);
    const answer = await admin.send('POST', `${PATH}?hospital=${String(hospital)}`, { ...csvOf(''), body });
    answer.isError(400, 'The file is not UTF-8; save it as UTF-8.');
  });

  test('a row with invalid UTF-8 fails by itself, with an error that says so', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const body = Buffer.from(`email\nana.nu\u00f1ez@example.org\n${outsider.email}\n`, 'latin1');
    const answer = await admin.send('POST', `${PATH}?hospital=${String(hospital)}`, { ...csvOf(''), body });
    expect(
      answer
        .isOk()
        .body<Bulk>()
        .results.map(({ errors }) => errors?.['email']),
    ).toEqual([['Must be valid Unicode text without U+0000.'], undefined]);
  });

  test('a row with too many cells, a cell that cannot be read, or a quote within a cell fails by itself', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const csv = `email,restore\n${outsider.email},false,x\n${stranger.email},perhaps\nnobody,\na"b@x.org\n${stranger.email}`;
    const wrong = (await upload(admin, hospital, csv)).results.map(({ errors }) => Object.keys(errors ?? {}).join());
    expect(wrong).toEqual(['column 3', 'restore', 'email', 'email', '']);
  });

  test.each([
    ['an unknown column', 'email,name\na@example.org,Ana\n'],
    ['a repeated column', 'email,Email\na@example.org,b@example.org\n'],
    ['no column for the medic', 'type_membership\nADMIN\n'],
    ['an open quote', 'email\n"a@example.org\n'],
    ['text behind a closing quote', 'email\n"a"b@example.org\n'],
    ['1001 rows', `email\n${'a@example.org\n'.repeat(1001)}`],
    ['no header', ''],
    ['blank lines only', '\n\n\n'],
    ['no rows', 'email\n'],
    ['30,000 cells and empty lines', `email\n${','.repeat(15_000)}${'\n'.repeat(15_000)}`],
  ])('%s is a 400', async (_, csv) => {
    const { hospital, admin } = await service.given.hospital();
    (await admin.send('POST', `${PATH}?hospital=${String(hospital)}`, csvOf(csv))).is(400);
  });

  test('an unknown column is named by its place', async () => {
    const { hospital, admin } = await service.given.hospital();
    const refused = await admin.send(
      'POST',
      `${PATH}?hospital=${String(hospital)}`,
      csvOf('email,name\na@example.org,Ana'),
    );
    expect(refused.is(400).text).toContain('Column 2 of the header is unknown; the columns are medic, email,');
  });

  test('CSV is not read before the key is checked, because that takes long', async () => {
    (await service.client.send('POST', `${PATH}?hospital=1`, csvOf('name\n"'))).isRefused('Invalid Token');
  });

  test('without the hospital in the query CSV is a 400 for the hospital', async () => {
    const { admin, outsider } = await service.given.hospital();
    (await admin.send('POST', PATH, csvOf(`email\n${outsider.email}`))).isInvalid('hospital');
  });

  test('an empty file with the hospital in the query lacks the memberships only', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await admin.send('POST', `${PATH}?hospital=${String(hospital)}`, csvOf(''))).isInvalid('memberships');
    (await admin.send('POST', PATH, csvOf(''))).isInvalid('hospital', 'memberships');
  });

  test('other routes do not accept CSV', async () => {
    const { admin } = await service.given.hospital();
    (await admin.send('POST', '/management/memberships/', csvOf('medic,hospital\n1,1'))).isError(
      415,
      'Unsupported media type; send application/json or application/x-www-form-urlencoded, not compressed.',
    );
  });
});
