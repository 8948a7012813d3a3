import type pg from 'pg';
import { KEY } from './engine.js';

/** Relationships per request, the most that SpiceDB accepts by default. */
const BATCH = 1000;

/** The memberships as SpiceDB models them. It does not know whether accounts and hospitals are active. */
const SCHEMA = `
definition medic {}
definition hospital {
  relation member: medic
  relation admin: medic
  permission prescribe = member + admin
  permission administer = admin
}`;

interface Membership {
  readonly id: number;
  readonly medic: number;
  readonly hospital: number;
  readonly type: 'ADMIN' | 'MEMBER';
}

/**
 * Writes the schema, and every live membership as a relationship.
 * @param client connected to the database of the service
 * @param url of SpiceDB's HTTP gateway
 * @returns the number of relationships
 */
export async function writeRelationships(client: pg.Client, url: string): Promise<number> {
  await post(`${url}/v1/schema/write`, { schema: SCHEMA });
  let [written, after] = [0, 0];
  for (;;) {
    const { rows } = await client.query<Membership>(
      `SELECT id, medic_id AS medic, hospital_id AS hospital, type FROM membership
       WHERE id > $1 AND NOT is_deleted ORDER BY id LIMIT $2`,
      [after, BATCH],
    );
    const last = rows.at(-1);
    if (last === undefined) return written;
    await post(`${url}/v1/relationships/write`, { updates: rows.map(updateOf) });
    written += rows.length;
    after = last.id;
  }
}

function updateOf({ medic, hospital, type }: Membership): object {
  return {
    operation: 'OPERATION_CREATE',
    relationship: {
      resource: { objectType: 'hospital', objectId: String(hospital) },
      relation: type.toLowerCase(),
      subject: { object: { objectType: 'medic', objectId: String(medic) } },
    },
  };
}

/** @returns the JSON of a successful response */
export async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} responds with ${String(response.status)}: ${await response.text()}`);
  return response.json();
}
