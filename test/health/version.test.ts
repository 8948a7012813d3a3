import { readFileSync } from 'node:fs';
import { useService } from '../support/service.js';

const service = useService();

test('/version says without a token which version runs, from which commit, on which schema', async () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  const { commit } = JSON.parse(readFileSync('dist/src/build.json', 'utf8')) as { commit: string | null };
  const [latest] = await service.dataSource.query<{ name: string }[]>('SELECT name FROM migration ORDER BY id DESC');
  const expected = { name, version, commit, schema_version: latest?.name };
  for (const path of ['//version', '//version/']) {
    expect((await service.client.get(path)).isOk().body()).toEqual(expected);
  }
});
