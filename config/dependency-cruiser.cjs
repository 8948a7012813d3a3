/** Folders of src from the bottom to the top. A folder may import itself and the folders of lower layers. */
const layers = [
  ['common', 'config'],
  ['database', 'limits'],
  ['observability'],
  ['http'],
  ['auth'],
  ['access'],
  ['record', 'retries'],
  ['memberships'],
  ['decisions', 'health', 'hospitals', 'locations', 'medics', 'tokens'],
  ['prefetch'],
  ['server'],
  ['cli'],
];

/** The application, which only the top layers may import. */
const APPLICATION = '^src/(create-app|app\\.module)\\.ts$';
const top = ['server', 'cli'];

/** Schema files: every module may import entities, and the data source lists them. */
const SCHEMA = '\\.entity\\.ts$|/data-source-options\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layers.flatMap((folders, height) =>
      folders.map((folder) => ({
        name: `layer-of-${folder}`,
        severity: 'error',
        from: { path: `^src/${folder}/`, pathNot: SCHEMA },
        to: {
          path: '^src/',
          pathNot: [
            `^src/(${[folder, ...layers.slice(0, height).flat()].join('|')})/`,
            '\\.entity\\.ts$',
            ...(top.includes(folder) ? [APPLICATION] : []),
          ],
        },
      })),
    ),
    {
      name: 'entities-import-only-entities',
      severity: 'error',
      from: { path: '\\.entity\\.ts$' },
      to: { path: '^src/', pathNot: '\\.entity\\.ts$' },
    },
    {
      name: 'the-service-works-without-prefetch',
      comment: 'Without src/prefetch and its module, the service sends more statements and responds the same.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/prefetch/', '^src/app\\.module\\.ts$'] },
      to: { path: '^src/prefetch/' },
    },
    {
      name: 'only-traces-import-opentelemetry',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/observability/traces\\.ts$' },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'traces-are-loaded-on-demand',
      comment: 'OpenTelemetry is only loaded if traces have a receiver.',
      severity: 'error',
      from: {},
      to: { path: '^src/observability/traces\\.ts$', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-migrations-command-line-opens-ormconfig',
      severity: 'error',
      from: {},
      to: { path: '^ormconfig\\.ts$' },
    },
    {
      name: 'no-development-packages-in-the-service',
      severity: 'error',
      from: { path: '^src/' },
      // The resolver does not read the export maps of these dependencies, and only the build writes the last file.
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'],
        pathNot: '@electric-sql/pglite/node-postgres|csv-parse/sync|#build.json',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
