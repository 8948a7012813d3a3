import { isIP } from 'node:net';
import { cleanEnv, makeValidator } from 'envalid';
import { databaseUrlOf, endpointOf, publicUrlOf, redisUrlOf } from './url-settings.js';

/** Injection token of the {@link Environment}. */
export const ENVIRONMENT = Symbol('ENVIRONMENT');

/** A setting is missing or invalid. The message names the variable and never contains its value. */
export class InvalidEnvironment extends Error {}

function whole(what: string, min: number, max: number) {
  return makeValidator<number>((text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`must be ${what}: a whole number from ${String(min)} to ${String(max)}`);
  });
}

const text = makeValidator<string>((value) => {
  if (value.trim() !== '') return value;
  throw new Error('must not be blank');
});

const origins = makeValidator<string[]>((list) => {
  const names = list.split(',').map((name) => name.trim());
  if (names.every((name) => URL.canParse(name) && new URL(name).origin === name)) return names;
  throw new Error('must be origins such as https://app.example.org, separated by commas');
});

const proxies = makeValidator<boolean | string[]>((value) => {
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  const names = value.split(',').map((name) => name.trim());
  if (names.every(isNetwork)) return names;
  throw new Error('must be true, false, or the addresses of proxies, separated by commas');
});

const networks = makeValidator<string[]>((list) => {
  const names = list.split(',').map((name) => name.trim());
  if (names.every((name) => isNetwork(name) && !name.includes('%'))) return names;
  throw new Error('must be addresses or networks such as 10.1.0.0/16, separated by commas');
});

function isNetwork(name: string): boolean {
  const [, address = '', prefix = '1'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(name) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return Number(prefix) >= 1 && Number(prefix) <= bits;
}

const logLevel = makeValidator<string>((value) => {
  if (/^(trace|debug|info|warn|error|fatal|silent)$/.test(value)) return value;
  throw new Error('must be one of trace, debug, info, warn, error, fatal, silent');
});

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

const duration = makeValidator<number>((value) => {
  const [, digits = '0', unit = 's'] = /^([1-9]\d{0,8})([smhd])?$/.exec(value) ?? [];
  const seconds = Number(digits) * SECONDS[unit as keyof typeof SECONDS];
  if (seconds > 0 && seconds <= 3650 * SECONDS.d) return seconds;
  throw new Error('must be a duration of at most 3650d, such as 12h, 30m or 3600 (seconds)');
});

const replicas = makeValidator<string[]>((list) => list.split(',').map((url) => databaseUrlOf(url.trim())));

const share = makeValidator<number>((value) => {
  if (/^(0?\.\d{1,9}|[01](\.0{1,9})?)$/.test(value)) return Number(value);
  throw new Error('must be a number from 0 to 1, such as 0.1');
});

const secret = makeValidator<string>((value) => {
  if (value.length >= 16) return value;
  throw new Error('must be at least 16 characters long, such as the output of openssl rand -hex 16');
});

const validators = {
  PORT: whole('a TCP port', 0, 65_535)({ default: 3000 }),
  HOST: text({ default: '0.0.0.0' }),
  DATABASE_URL: makeValidator(databaseUrlOf)({ default: undefined }),
  DATA_DIR: text({ default: './data' }),
  PUBLIC_URL: makeValidator(publicUrlOf)({ default: undefined }),
  TRUST_PROXY: proxies({ default: false }),
  CORS_ORIGINS: origins({ default: undefined }),
  LOG_LEVEL: logLevel({ default: 'info' }),
  LOG_ADDRESS_KEY: secret({ default: undefined }),
  METRICS_PORT: whole('a TCP port', 0, 65_535)({ default: undefined }),
  METRICS_HOST: text({ default: undefined }),
  OTEL_EXPORTER_OTLP_ENDPOINT: makeValidator(endpointOf)({ default: undefined }),
  OTEL_SERVICE_NAME: text({ default: 'hospital-memberships' }),
  /** The share of the requests without a `traceparent` that is traced. */
  OTEL_TRACES_SAMPLER_ARG: share({ default: 1 }),
  /** In seconds. */
  LOGIN_TOKEN_TTL: duration({ default: 12 * 3600 }),
  REDIS_URL: makeValidator(redisUrlOf)({ default: undefined }),
  WEB_CONCURRENCY: whole('a number of processes', 1, 64)({ default: 1 }),
  DATABASE_REPLICA_URLS: replicas({ default: undefined }),
  RATE_LIMIT: whole('requests a minute', 0, 99_999_999)({ default: 6000 }),
  SERVICE_RATE_LIMIT: whole('requests a minute', 0, 99_999_999)({ default: 60_000 }),
  CREATE_LIMIT: whole('creations an hour', 0, 99_999_999)({ default: 10_000 }),
  SIGNING_KEY_FILE: text({ default: undefined }),
  WEBHOOK_NETWORKS: networks({ default: undefined }),
  WEBHOOK_CA_FILE: text({ default: undefined }),
};

/** The validated settings of the process, read once at startup. */
export type Environment = Readonly<ReturnType<typeof readEnvironment>>;

/**
 * Reads the settings in section 8 of the contract. An empty variable counts as absent, except `DATABASE_URL`: a
 * deployment whose variable was lost must not start on a new, empty database.
 * @param variables environment variables, such as `process.env`
 * @throws InvalidEnvironment with one sentence per invalid variable
 */
export function readEnvironment(variables: NodeJS.ProcessEnv) {
  if (variables['DATABASE_URL'] === '') {
    throw new InvalidEnvironment(
      'DATABASE_URL must not be empty; set it to the URL of a PostgreSQL server, or unset it to use the embedded database.',
    );
  }
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const values = cleanEnv(present, validators, {
    reporter: ({ errors }) => {
      const sentences = Object.entries(errors).map(([name, error]) => `${name} ${error.message}.`);
      if (sentences.length > 0) throw new InvalidEnvironment(sentences.join(' '));
    },
  });
  if (values.DATABASE_REPLICA_URLS !== undefined && values.DATABASE_URL === undefined) {
    throw new InvalidEnvironment('DATABASE_REPLICA_URLS must not be set without DATABASE_URL, the URL of the primary.');
  }
  if (values.WEB_CONCURRENCY > 1 && values.DATABASE_URL === undefined) {
    throw new InvalidEnvironment(
      'WEB_CONCURRENCY must be 1 without DATABASE_URL, because only one process can open the embedded database.',
    );
  }
  return { ...values };
}
