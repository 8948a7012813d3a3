import type pg from 'pg';
import { digestOf, generateKey } from '../src/auth/token-key.js';

/** Number of medics that send requests, each an ADMIN of a hospital that is read and of one that grows. */
const ACTORS = 64;
/** Number of memberships of a hospital that is read. */
const MEMBERS = 50;

/** The keys and rows that the requests name. */
export interface Scene {
  /** Per actor: the key, the hospital that is read, its other members, and the hospital that grows. */
  readonly actors: readonly Actor[];
  /** The medics that are added to the growing hospitals: a range of ids. */
  readonly medics: { readonly first: number; readonly count: number };
}

interface Actor {
  readonly key: string;
  readonly readHospital: number;
  readonly members: readonly number[];
  readonly writeHospital: number;
}

/**
 * Adds actors and their hospitals to a seeded database.
 * @param client connected to that database
 */
export async function setScene(client: pg.Client): Promise<Scene> {
  const { rows: medics } = await client.query<{ id: number }>('SELECT id FROM medic ORDER BY id');
  const ids = medics.map(({ id }) => id);
  if (ids.length < 10 * ACTORS) throw new Error('The database has too few medics; seed more.');
  const actors: Actor[] = [];
  for (const medic of ids.slice(0, ACTORS)) actors.push(await addActor(client, medic, ids));
  await client.query('ANALYZE');
  return { actors, medics: { first: ids[5 * ACTORS] ?? 0, count: ids.length - 5 * ACTORS } };
}

async function addActor(client: pg.Client, medic: number, medics: number[]): Promise<Actor> {
  const key = generateKey();
  await client.query(`INSERT INTO api_token (medic_id, label, digest) VALUES ($1, 'bench', $2)`, [
    medic,
    digestOf(key),
  ]);
  const readHospital = await addHospital(client, medic);
  const others = medics.slice(ACTORS).filter((_, index) => index % ACTORS === medic % ACTORS);
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO membership (medic_id, hospital_id, type, is_active)
     SELECT unnest($1::integer[]), $2, 'MEMBER', false RETURNING id`,
    [others.slice(0, MEMBERS - 1), readHospital],
  );
  return {
    key,
    readHospital,
    members: rows.map(({ id }) => id),
    writeHospital: await addHospital(client, medic),
  };
}

async function addHospital(client: pg.Client, admin: number): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    `WITH hospital AS (
       INSERT INTO hospital (name, patron, location, contact)
       VALUES ('Hospital San José', 'HOSPITAL SAN JOSÉ', 'Monterrey, N.L.', '+52 81 8347 1010') RETURNING id)
     INSERT INTO membership (medic_id, hospital_id, type, is_active)
     SELECT $1, id, 'ADMIN', false FROM hospital RETURNING hospital_id AS id`,
    [admin],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The hospital was not stored.');
  return row.id;
}
