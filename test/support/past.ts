import type { DataSource } from 'typeorm';
import type { Actor } from './actor.js';
import { valueOf } from './hand.js';
import { instant } from './instant.js';
import type { Service } from './service.js';

/** A membership in the list of a hospital. */
export interface Row {
  readonly id: number;
  readonly medic: { readonly id: number; readonly name: string; readonly email: string };
  readonly type_membership: string;
  readonly is_active: boolean;
  readonly is_deleted: boolean;
  readonly date_joined: string;
}

export const hospitalPath = (hospital: number) => `/memberships/${String(hospital)}`;
export const idsOf = (rows: Row[]) => rows.map(({ id }) => id);

/**
 * @returns an instant of the database's clock that is earlier than whatever happens next: the clock of the embedded
 *   database has only milliseconds, and a change within the same one would count as of that instant
 */
export function instantBefore(dataSource: DataSource): Promise<string> {
  return valueOf<string>(dataSource, `SELECT ${instant('clock_timestamp()')} AS value, pg_sleep(0.002)::text`);
}

/** @returns readers of the present and past lists of a service */
export function pastOf(service: Service) {
  return {
    now: () => instantBefore(service.dataSource),

    /** @returns when the hospital or its memberships last changed */
    lastChange: async (by: Actor, hospital: number): Promise<string> => {
      const page = (await by.get(`${hospitalPath(hospital)}/history/?limit=1`)).isOk();
      return page.body<{ results: { at: string }[] }>().results[0]?.at ?? '';
    },

    /** @returns the memberships of a hospital that match the query */
    list: async (by: Actor, hospital: number, filters: object): Promise<Row[]> => {
      const pairs = Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]);
      const query = new URLSearchParams(pairs).toString();
      return (await by.get(`${hospitalPath(hospital)}?${query}`)).isOk().body<Row[]>();
    },
  };
}
