/**
 * The suites of `npm test` and of each `npm run test:…`, by Vitest's mode. `vitest.config.js` has the
 * defaults.
 */

const files = (...names) => names.map((name) => `test/${name}.test.ts`);
const folders = (...names) => names.map((name) => `test/${name}/**/*.test.ts`);

/** Folders with a command of their own, because they take long or need more than a database. */
const SEPARATE = folders('faults', 'ha', 'interop', 'metrics', 'pooler', 'recovery', 'scale', 'upgrade');

/** Suites that start programs: the server and the command line. */
const PROGRAMS = [...folders('cli', 'process'), ...files('docs/readme')];

/**
 * Suites that take long by nature: they wait for clocks, fill buffers or the record, drive a browser or a compiler, repeat
 * other suites, or draw random requests.
 */
const LONG = files(
  'authorization/authorization',
  'clients/generated-client',
  'contract/slow-clients',
  'database/{interrupted-migrations,online-migrations,transaction}',
  'decisions/past',
  'fuzz/fuzz',
  'memberships/{streamed-memberships,without-fast-store}',
  'model/*',
  'record/{begin,feed-beats,feed-streams,import,limited-memberships,past-memberships,sequencing,tree,without-fast-store}',
  'retries/without-fast-store',
  'ui/swagger-ui',
  'webhooks/{leases,receivers}',
);

/** Suites that take minutes each, because servers fail over or disks fill. */
const FAILOVER = files(
  'faults/full-disk',
  'faults/replica-reads',
  'faults/replicated-postgres',
  'faults/revoked-servers',
  'faults/shutdown',
  'faults/standby',
);

/** HTTP suites of the routes that prefetch. */
const PREFETCHING = files(
  'authorization/*',
  'contract/{conventions,ids,order-of-refusals,pagination,prefetch,routes-are-guarded,statement-on-standby,values}',
  'decisions/*',
  'hospitals/update-hospital',
  'locations/*',
  'medics/{create-medic-hospital,update-medic,update-medic-right}',
  'memberships/*',
  'record/{hospital-history,membership-history}',
  'retries/{idempotency-key,if-match}',
);

/** HTTP suites, which also pass with PgBouncer in transaction mode between the service and PostgreSQL. */
const POOLED = folders(
  'authorization',
  'clients',
  'contract',
  'fuzz',
  'hospitals',
  'limits',
  'locations',
  'medics',
  'memberships',
  'model',
  'pooler',
  'races',
  'record',
  'tokens',
);

/** Suites that must detect the mutants of the code that decides who may do what; the slow ones come last. */
const MUTATED = [
  ...folders('access', 'tokens', 'memberships', 'locations', 'medics'),
  ...files(
    'contract/{conventions,order-of-refusals,pagination,prefetch,round-trips,routes-are-guarded,values}*',
    'limits/{failures,login}*',
  ),
  ...folders('authorization', 'races'),
];

/** Coverage does not see code that runs only in processes of its own, which `test/process` and `test/faults` start. */
const UNSEEN = [
  'src/main.ts',
  'src/server/{first-run,metrics-server,node-version,run,start-server,worker-metrics,workers}.ts',
  'src/cli/main.ts',
  'src/database/{create-embedded,replica,statement-observer,statement-watchdog}.ts',
  'src/observability/traces.ts',
];

const MINUTES = 60_000;
/** Servers that fail one after another, on ports and folders of their own. */
const alone = { maxWorkers: 1, testTimeout: 10 * MINUTES };

/** @type {Record<string, import('vitest/config').ViteUserConfig['test']>} */
export const suites = {
  /** One folder or file of the suites that start no program. */
  test: { exclude: [...SEPARATE, ...PROGRAMS] },
  /** `npm test` */
  short: { exclude: [...SEPARATE, ...PROGRAMS, ...LONG] },
  long: { include: LONG },
  programs: { include: PROGRAMS, testTimeout: 5 * MINUTES },
  /** Every suite that needs no other server than the database and no failing one, with its coverage. */
  all: {
    exclude: SEPARATE,
    // Suites that start programs wait more than they compute.
    maxWorkers: 3,
    testTimeout: 5 * MINUTES,
    coverage: {
      enabled: true,
      include: ['src/**/*.ts'],
      exclude: UNSEEN,
      reporter: ['text-summary', 'json'],
      thresholds: { statements: 95, branches: 90 },
    },
  },
  plain: { include: PREFETCHING },
  faults: { ...alone, include: folders('faults'), exclude: FAILOVER },
  failover: { ...alone, include: FAILOVER },
  ha: { ...alone, include: folders('ha'), globalSetup: 'test/ha/setup.ts' },
  interop: { include: folders('interop') },
  metrics: { include: folders('metrics'), globalSetup: 'test/metrics/setup.ts', testTimeout: 5 * MINUTES },
  pgbouncer: { include: POOLED, globalSetup: 'test/support/pgbouncer-setup.ts' },
  recovery: { ...alone, include: folders('recovery') },
  /** On a database of at least a million memberships, which is seeded once and kept on the server. */
  scale: { ...alone, include: folders('scale'), globalSetup: [] },
  /** Against mutants; `scripts/mutation.js` creates the template database. */
  mutation: { include: MUTATED, globalSetup: [], maxWorkers: 1, testTimeout: 20_000 },
  /** Builds a release, and waits until clients have crossed the two in every way. */
  upgrade: { ...alone, include: folders('upgrade'), testTimeout: 20 * MINUTES },
};
