import { parseArgs } from 'node:util';

/** The flags that every comparison has. */
export interface Flags {
  readonly rounds: number;
  /** Duration of each load. */
  readonly seconds: number;
  readonly memberships: number;
  /** `bench:sizes` measures only scenarios whose name contains this text. */
  readonly only: string;
  /** Writes the tables and plots of this run into docs/. */
  readonly save: boolean;
}

/** @returns the flags of this process */
export function readFlags({ rounds, seconds }: Pick<Flags, 'rounds' | 'seconds'>): Flags {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: String(rounds) },
      seconds: { type: 'string', default: String(seconds) },
      memberships: { type: 'string', default: '1000000' },
      only: { type: 'string', default: '' },
      save: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    memberships: Number(values.memberships),
    only: values.only,
    save: values.save,
  };
}

/** @returns the server on which the databases of a run are created */
export function serverUrlOfRun(): string {
  const url = process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('Set DATABASE_URL to a PostgreSQL server that may be written to.');
  return url;
}
