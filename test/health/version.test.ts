import { readFileSync } from 'node:fs';
import { useService } from '../support/service.js';

const service = useService();

test('/version says without a token which version runs, from which commit, on which schema', async () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  const { commit } = JSON.parse(readFileSync('dist/src/build.json', 'utf8')) as { commit: string | null };
  const [latest] = await service.dataSource.query<{ name: string }[]>('SELECT name FROM migration ORDER BY id DESC');
  const expected = { name, version, commit, schema_version: latest?.name };
  for (const path of ['//version', '//version/']) {
    const answer = (await service.client.get(path)).isOk();
    expect(answer.body()).toEqual(expected);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
  }
});

test('/version accepts no other method, and says so in problem details', async () => {
  const answer = (await service.client.post('//version', {})).is(405, { status: 405 });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
});
