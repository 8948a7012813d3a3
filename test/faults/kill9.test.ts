import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { EmbeddedDataSource } from '../../src/database/embedded-data-source.js';
import { migrate } from '../../src/database/schema.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { allEntries, expectSound } from '../record/entries.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { createTestDatabase } from '../support/database.js';
import { figure } from '../support/figure.js';
import { useProcesses } from '../support/process.js';
import { by, EACH_ITS_OWN, keepAlive, send, type Sent } from './exchange.js';
import { givenOn, requireServer } from './scratch.js';

const start = useProcesses();

const KILLS = 20;

/** Number of hospitals that a medic moves between. */
const MOVES = 5;

/** A database that outlives the processes that use it. */
interface Store {
  readonly variables: Record<string, string>;
  /** Runs `work` on the database while no process has it open. */
  look<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T>;
  drop(): Promise<void>;
}

async function postgres(): Promise<Store> {
  requireServer();
  const database = await createTestDatabase();
  return { variables: database.variables, look: (work) => work(database.dataSource), drop: () => database.drop() };
}

async function embedded(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
  const look = async <T>(work: (dataSource: DataSource) => Promise<T>) => {
    const dataSource = await (await EmbeddedDataSource.open(folder)).initialize();
    return work(dataSource).finally(() => dataSource.destroy());
  };
  await look(migrate);
  return { variables: { DATA_DIR: folder }, look, drop: () => rm(folder, { recursive: true }) };
}

interface Writers {
  readonly admin: Actor;
  readonly hospital: number;
  /** Switches between hospitals. */
  readonly mover: Actor;
  /** More than two, so that a lost choice cannot be mistaken for the one in progress. */
  readonly hospitals: readonly number[];
}

async function setScene(dataSource: DataSource): Promise<Writers> {
  const given = givenOn(dataSource);
  const { admin, hospital } = await given.hospital();
  const mover = await given.medic();
  const hospitals: number[] = [];
  for (let index = 0; index < MOVES; index += 1) {
    const id = await given.emptyHospital();
    await given.membership(mover, id, { isActive: index === 0, type: MembershipType.ADMIN });
    hospitals.push(id);
  }
  return { admin, hospital, mover, hospitals };
}

/** All that was acknowledged: names of hospitals, emails of medics, and choices of an active hospital. */
interface Acknowledged {
  readonly hospitals: string[];
  readonly emails: string[];
  moves: number;
  /** Which of the mover's hospitals may be active: the last acknowledged choice, and the one in progress. */
  choices: number[];
}

/** Writes without a pause until the server is gone. @param onWritten called after each acknowledgement */
async function write(url: string, round: number, scene: Writers, acknowledged: Acknowledged, onWritten: () => void) {
  const agent = keepAlive();
  const repeat = async (next: (turn: number) => [Sent, () => void]) => {
    for (let turn = 0; ; turn += 1) {
      const [request, acknowledge] = next(turn);
      const reply = await send(url, request, agent).catch(() => null);
      if (reply === null) return;
      if (reply.status > 201)
        throw new Error(`${request.method} ${request.path} answers ${String(reply.status)} ${reply.text}`);
      acknowledge();
      onWritten();
    }
  };
  const { admin, hospital, mover, hospitals } = scene;
  const createHospital =
    (writer: number) =>
    (turn: number): [Sent, () => void] => {
      const name = [round, writer, turn].join('.');
      return [by(admin, 'POST', '/hospital/', { ...HOSPITAL, name }), () => acknowledged.hospitals.push(name)];
    };
  const createMedic = (): [Sent, () => void] => {
    const body = medicBody({ hospital });
    return [by(admin, 'POST', '/medics/', body), () => acknowledged.emails.push(body.email)];
  };
  const move = (): [Sent, () => void] => {
    const [last = 0] = acknowledged.choices;
    // Never the active one: that choice would change nothing, and so record nothing.
    const next = (last + 1) % MOVES;
    acknowledged.choices = [last, next];
    const acknowledge = () => {
      acknowledged.choices = [next];
      acknowledged.moves += 1;
    };
    return [by(mover, 'PATCH', '/locations/update/', { hospital_id: hospitals[next] }), acknowledge];
  };
  await Promise.all(
    [0, 1, 2, 3]
      .map((writer) => repeat(createHospital(writer)))
      .concat(
        [0, 1, 2].map(() => repeat(createMedic)),
        repeat(move),
      ),
  );
  agent.destroy();
}

/** @returns how many acknowledged rows are missing or incomplete */
async function countLost(dataSource: DataSource, { hospitals, emails }: Acknowledged): Promise<number> {
  const [row] = await dataSource.query<{ lost: number }[]>(
    `SELECT ((SELECT count(*) FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM hospital h WHERE h.name = n))
           + (SELECT count(*) FROM unnest($2::text[]) e WHERE NOT EXISTS (SELECT FROM medic m WHERE m.email = e)))::integer AS lost`,
    [hospitals, emails],
  );
  return row?.lost ?? Number.NaN;
}

/** @returns which of its hospitals are active for the mover */
async function readChoices(url: string, { mover, hospitals }: Writers): Promise<number[]> {
  const { status, text } = await send(url, by(mover, 'GET', '/locations/'), EACH_ITS_OWN);
  expect(status).toBe(200);
  const locations = JSON.parse(text) as { hospital: { id: number }; default: boolean }[];
  return locations.filter((location) => location.default).map(({ hospital }) => hospitals.indexOf(hospital.id));
}

/** @returns how many rows lack rows of the same transaction, acknowledged or not */
async function countHalf(dataSource: DataSource, { mover }: Writers): Promise<number> {
  const [row] = await dataSource.query<{ half: number }[]>(
    `SELECT ((SELECT count(*) FROM hospital h WHERE h.name LIKE '%.%.%'
                AND NOT EXISTS (SELECT FROM membership s WHERE s.hospital_id = h.id AND s.type = 'ADMIN'))
           + (SELECT count(*) FROM medic m WHERE m.name = 'New Medic'
                AND NOT (EXISTS (SELECT FROM membership s WHERE s.medic_id = m.id AND s.is_active)
                     AND EXISTS (SELECT FROM api_token t WHERE t.medic_id = m.id)))
           + (SELECT abs(1 - count(*)) FROM membership s WHERE s.medic_id = $1 AND s.is_active))::integer AS half`,
    [mover.id],
  );
  return row?.half ?? Number.NaN;
}

/** @returns how many choices of an active hospital the record contains: each takes the flag from one and gives it to another */
async function countMoves(dataSource: DataSource, { mover }: Writers): Promise<number> {
  const changes = (await allEntries(dataSource)).filter(
    ({ type, medic }) => type === 'membership.changed' && medic === mover.id,
  );
  return changes.length / 2;
}

describe.each([
  ['PostgreSQL', postgres],
  ['the embedded database', embedded],
])('a server on %s that is killed while it writes', (name, open) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.drop());

  test('a server that is killed while it writes loses nothing that it acknowledged, leaves nothing half-written, and has it all in the record', async () => {
    const scene = await store.look(setScene);
    const acknowledged: Acknowledged = { hospitals: [], emails: [], moves: 0, choices: [0] };
    let lostChoices = 0;
    const checkChoice = async (url: string) => {
      const active = await readChoices(url, scene);
      if (active.length !== 1 || !active.every((choice) => acknowledged.choices.includes(choice))) lostChoices += 1;
      acknowledged.choices = active;
    };
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const server = start({ ...store.variables, RATE_LIMIT: '0' });
      const url = await server.url();
      await checkChoice(url);
      let left = 20 + Math.floor(Math.random() * 40);
      await write(url, kill, scene, acknowledged, () => {
        left -= 1;
        if (left === 0) server.signal('SIGKILL');
      });
      expect(await server.ended).toEqual({ code: null });
    }
    const last = start({ ...store.variables, RATE_LIMIT: '0' });
    await checkChoice(await last.url());
    expect(await last.stop('SIGTERM')).toEqual({ code: 0 });
    const {
      lost,
      half,
      moves: recorded,
    } = await store.look(async (dataSource) => {
      await expectSound(dataSource);
      return {
        lost: await countLost(dataSource, acknowledged),
        half: await countHalf(dataSource, scene),
        moves: await countMoves(dataSource, scene),
      };
    });
    const written = acknowledged.hospitals.length + acknowledged.emails.length;
    figure(`kills of a server on ${name}`, KILLS);
    figure(`acknowledged creations on ${name}`, written);
    figure(`lost on ${name}`, lost);
    figure(`acknowledged changes of an active hospital on ${name}`, acknowledged.moves);
    figure(`kills after which the choice is another one on ${name}`, lostChoices);
    figure(`half-written on ${name}`, half);
    expect({ lost, lostChoices, half }).toEqual({ lost: 0, lostChoices: 0, half: 0 });
    const { hospitals, emails, moves } = acknowledged;
    expect(Math.min(hospitals.length, emails.length, moves)).toBeGreaterThan(0);
    // Each kill may have stored a choice without a response.
    expect(recorded).toBeGreaterThanOrEqual(moves);
    expect(recorded).toBeLessThanOrEqual(moves + KILLS);
  });
});
