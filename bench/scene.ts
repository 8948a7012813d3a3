import type pg from 'pg';
import { digestOf, generateKey } from '../src/auth/token-key.js';

/** Number of medics that send requests, each an ADMIN of a hospital that is read and of one that grows. */
const ACTORS = 64;
/** Number of memberships of a hospital that is read. */
const MEMBERS = 50;

/** Number of different questions that a service account asks. */
const QUESTIONS = 4096;
/** The scopes of the service account that asks, searches and reads the feed. */
const SCOPES = ['decision:check', 'decision:search', 'event:read'];

/** May the medic prescribe at the hospital? */
export type Question = readonly [medic: number, hospital: number];

/** The keys and rows that the requests name. */
export interface Scene {
  /** Per actor: the key, the hospital that is read, its other members, and the hospital that grows. */
  readonly actors: readonly Actor[];
  /** The medics that are added to the growing hospitals: a range of ids. */
  readonly medics: { readonly first: number; readonly count: number };
  /** The key of a service account that may ask, search and read the feed. */
  readonly serviceKey: string;
  /** Three in four are about a live membership, spread over the whole table. */
  readonly questions: readonly Question[];
}

interface Actor {
  readonly key: string;
  readonly readHospital: number;
  readonly members: readonly number[];
  readonly writeHospital: number;
}

/**
 * Adds actors, their hospitals and a service account to a seeded database.
 * @param client connected to that database
 */
export async function setScene(client: pg.Client): Promise<Scene> {
  const { rows: medics } = await client.query<{ id: number }>('SELECT id FROM medic ORDER BY id');
  const ids = medics.map(({ id }) => id);
  if (ids.length < 10 * ACTORS) throw new Error('The database has too few medics; seed more.');
  const actors: Actor[] = [];
  for (const medic of ids.slice(0, ACTORS)) actors.push(await addActor(client, medic, ids));
  const serviceKey = await addService(client);
  await client.query('ANALYZE');
  const medicsToAdd = { first: ids[5 * ACTORS] ?? 0, count: ids.length - 5 * ACTORS };
  return { actors, medics: medicsToAdd, serviceKey, questions: await chooseQuestions(client) };
}

async function addService(client: pg.Client): Promise<string> {
  const key = generateKey('service');
  await client.query(
    `INSERT INTO service_account (name, scopes, digest, expires_at) VALUES ('bench', $1, $2, now() + interval '1 day')`,
    [SCOPES, digestOf(key)],
  );
  return key;
}

async function chooseQuestions(client: pg.Client): Promise<Question[]> {
  const { rows } = await client.query<{ medic: number; hospital: number }>(
    `SELECT s.medic_id AS medic, s.hospital_id AS hospital FROM membership s
     WHERE s.id = ANY(ARRAY(SELECT 1 + number * (SELECT max(id) FROM membership)::bigint / $1
       FROM generate_series(0, $1 - 1) number)::integer[])
     ORDER BY s.id`,
    [QUESTIONS],
  );
  // A medic next to a hospital of another one is hardly ever a member of it.
  return rows.map(({ medic, hospital }, index): Question => {
    const isMember = index % 4 !== 3;
    return [medic, isMember ? hospital : (rows[(index + 1) % rows.length]?.hospital ?? hospital)];
  });
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
