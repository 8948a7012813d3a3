/** The arrows of the modules: locations, hospitals, medics -> memberships -> auth -> common. */
const modules = [
  'common',
  'config',
  'database',
  'auth',
  'memberships',
  'medics',
  'hospitals',
  'locations',
  'health',
  'cli',
];

/** What each module may import besides itself, and entities, which are the one schema that all share. */
const arrows = {
  common: ['config'],
  config: [],
  database: ['common', 'config'],
  auth: ['common', 'config', 'database'],
  memberships: ['auth', 'common', 'config', 'database'],
  medics: ['memberships', 'auth', 'common', 'config', 'database'],
  hospitals: ['memberships', 'auth', 'common', 'config', 'database'],
  locations: ['memberships', 'auth', 'common', 'database'],
  health: ['auth', 'common', 'database'],
  cli: ['hospitals', 'medics', 'memberships', 'auth', 'common', 'config', 'database'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...modules.map((name) => ({
      name: `arrows-of-${name}`,
      severity: 'error',
      from: { path: `^src/${name}/`, pathNot: '\\.entity\\.ts$|data-source-options\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: [`^src/(${[name, ...arrows[name]].join('|')})/`, '\\.entity\\.ts$'] },
    })),
    {
      name: 'entities-import-only-entities',
      severity: 'error',
      from: { path: '\\.entity\\.ts$' },
      to: { path: '^src/', pathNot: '\\.entity\\.ts$' },
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
      // The resolver does not read the export map of PGlite, which is a dependency.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'], pathNot: '@electric-sql/pglite/node-postgres' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
