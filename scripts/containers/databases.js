/** Substitutes for the images of PostgreSQL and Redis that compose.yaml names, from Debian's packages. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { print, Skipped } from './programs.js';

const PULL_MS = 60_000;

/** Treats the settings of compose.yaml as the entrypoint of PostgreSQL's image does. */
const ENTRYPOINT = `#!/bin/sh
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait start
  for file in /docker-entrypoint-initdb.d/*.sh; do . "$file"; done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec "$@"
`;

/** Users and folders as in the official images; the packages are unpacked, but not configured. */
const POSTGRES = `FROM scratch
ADD debian.tar /
RUN printf 'root:x:0:0::/root:/bin/sh\\npostgres:x:999:999::/:/bin/sh\\nredis:x:998:998::/:/bin/sh\\n' > /etc/passwd \\
 && ln -s /usr/lib/postgresql/* /usr/lib/postgresql/current && rm -f /usr/bin/psql \\
 && mkdir -p /var/lib/postgresql/data /var/run/postgresql && chown -R 999:999 /var/lib/postgresql \\
 && chmod 3777 /var/run/postgresql
ENV PATH=/usr/local/bin:/usr/lib/postgresql/current/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data
COPY entrypoint /usr/local/bin/entrypoint
RUN chmod 755 /usr/local/bin/entrypoint
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["entrypoint"]
CMD ["postgres", "-c", "listen_addresses=*"]
`;

/** The official image turns the protected mode off. */
const REDIS = `ENTRYPOINT ["sh", "-c", "case $1 in redis-server) exec \\"$@\\" --protected-mode no;; *) exec \\"$@\\";; esac", "-"]
`;

/** @returns whether the engine has these images, or could pull them */
export function canPull(programs, images) {
  return images.every(
    (image) =>
      programs.attempt('docker', ['image', 'inspect', image]) !== undefined ||
      programs.attempt('docker', ['pull', '--quiet', image], { limit: PULL_MS }) !== undefined,
  );
}

/** @returns the images of PostgreSQL and Redis in compose.yaml */
export function databaseImages() {
  const compose = readFileSync('compose.yaml', 'utf8');
  return ['postgres', 'redis'].map((name) => new RegExp(`image: (${name}:\\S+)`).exec(compose)[1]);
}

/**
 * Builds both substitutes under the names of the originals, in an engine of this test alone.
 * @throws Skipped they cannot be built
 */
export function buildDatabases(programs, [postgres, redis], scratch) {
  if (programs.attempt('mmdebstrap', ['--version']) === undefined) throw new Skipped(`${postgres} cannot be pulled`);
  const folder = `${scratch}/databases`;
  mkdirSync(folder);
  const suite = postgres.split('-').at(-1);
  const packages = ['postgresql', 'redis-server', 'base-files', 'dash', 'coreutils'].join(',');
  programs.run('mmdebstrap', '--variant=extract', `--include=${packages}`, suite, `${folder}/debian.tar`);
  writeFileSync(`${folder}/entrypoint`, ENTRYPOINT);
  build(programs, postgres, POSTGRES, folder);
  const inherited = `FROM ${postgres}\n`;
  build(programs, redis, inherited + REDIS, folder);
  const versions = programs.run(
    'docker',
    'run',
    '--rm',
    '--network=none',
    '--entrypoint=postgres',
    postgres,
    '--version',
  );
  print(`${postgres} and ${redis} cannot be pulled; Debian's packages replace them: ${versions}.`);
}

function build(programs, image, dockerfile, folder) {
  writeFileSync(`${folder}/Dockerfile`, dockerfile);
  programs.run('docker', 'build', '--quiet', '--network=host', '--tag', image, folder);
}
