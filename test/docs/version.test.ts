import { readdirSync, readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

test('the version is a prerelease of one after the newest release, or that release if CHANGELOG.md has no unreleased changes', () => {
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const [, released = ''] = /^## (\d+\.\d+\.\d+)$/m.exec(changelog) ?? [];
  const [, next = '', suffix] = /^(\d+\.\d+\.\d+)(-dev)?$/.exec(version) ?? [];
  const isDeveloped = /^## Unreleased$/m.test(changelog);
  expect(suffix).toBe(isDeveloped ? '-dev' : undefined);
  expect(next.localeCompare(released, 'en', { numeric: true })).toBe(isDeveloped ? 1 : 0);
});

test('package-lock.json has the version of package.json', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    version: string;
    packages: { '': { version: string } };
  };
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
});

test('every image that a document or a manifest names by its version has that of package.json', () => {
  const files = ['docs', 'deploy'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  const texts = ['README.md', 'compose.yaml', ...files.filter((path) => /\.(md|yaml)$/.test(path))];
  const named = texts.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/hospital-memberships:(\d[\w.-]*)/g)].map(([, tag]) => ({ path, tag })),
  );
  expect([...new Set(named.map(({ path }) => path))].sort()).toEqual([
    'deploy/kubernetes/deployment.yaml',
    'deploy/kubernetes/migrate.yaml',
    'docs/operations.md',
  ]);
  expect(named).toEqual(named.map(({ path }) => ({ path, tag: version })));
});
