import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { API } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { figure } from '../support/figure.js';
import type { Given } from '../support/given.js';
import { jpeg } from '../support/jpeg.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';
import { keepAlive, NoReply, send, type Sent } from './exchange.js';
import { givenOn } from './scratch.js';

/** The Node options of `npm run start:prod`. */
const PRODUCTION = [
  '--max-old-space-size=256',
  '--initial-old-space-size=72',
  '--single-threaded-gc',
  '--max-semi-space-size=16',
  '--no-allocation-site-pretenuring',
];

/** Upper bound for the resident memory during an attack, in megabytes. */
const MOST_RESIDENT = 350;

/**
 * The same while unfinished bodies arrive: they occupy up to 140 MB outside the heap until the next garbage collection,
 * and the memory of the embedded database, about 90 MB, is resident as well.
 */
const MOST_RESIDENT_WITH_BODIES = isServer ? MOST_RESIDENT : MOST_RESIDENT + 100;

/** Pause of the victim between requests, in milliseconds, so that it stays below the rate limit. */
const PAUSE_MS = 5;

const READY: Sent = { method: 'GET', path: '/health/ready' };
const DOCUMENT = '/openapi.json';

const start = useProcesses();
let database: TestDatabase;
let given: Given;
let server: ServerProcess;
let url: string;
let attackers: Socket[];

beforeEach(async () => {
  database = await createTestDatabase();
  given = givenOn(database.dataSource);
  attackers = [];
});
afterEach(async () => {
  for (const socket of attackers) socket.destroy();
  await server.stop('SIGKILL');
  await database.drop();
});

/** Starts the program as in production, after the test has stored its data. */
async function serve(variables: Record<string, string> = {}): Promise<void> {
  // Only one process can open the embedded database.
  if (database.variables['DATA_DIR'] !== undefined) await database.dataSource.destroy();
  server = start({ ...database.variables, ...variables }, { nodeOptions: PRODUCTION });
  url = await server.url();
  await until(async () => (await send(url, READY, keepAlive())).status === 200);
}

/** Opens a connection that sends `text` and never reads. */
async function attack(text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname });
  socket.on('error', () => undefined).pause();
  attackers.push(socket);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

function head(path: string, token?: string): string {
  const key = token === undefined ? '' : `Authorization: Token ${token}\r\n`;
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${key}\r\n`;
}

/**
 * Sends requests as a victim, one after another, until the attack is over, expects all of them to succeed,
 * and prints figures about them and the memory of the process.
 */
async function expectService(
  name: string,
  victim: readonly Sent[],
  carryOut: () => Promise<unknown>,
  mostResident = MOST_RESIDENT,
): Promise<void> {
  const agent = keepAlive();
  const before = server.memory();
  const attack = { isOver: false };
  const attacking = carryOut().finally(() => (attack.isOver = true));
  const failures: string[] = [];
  let granted = 0;
  let most = before;
  while (!attack.isOver || granted < 50) {
    for (const request of victim) {
      const reply = await send(url, request, agent).catch((error: unknown) => error as NoReply);
      if (!(reply instanceof NoReply) && reply.status === 200) granted += 1;
      else failures.push(reply instanceof NoReply ? reply.message : `${String(reply.status)} ${reply.text}`);
    }
    most = Math.max(most, server.memory());
    await sleep(PAUSE_MS);
    if (failures.length > 100) break;
  }
  await attacking;
  agent.destroy();
  figure(`${name}: MB resident before`, Math.round(before));
  figure(`${name}: most MB resident`, Math.round(most));
  figure(`${name}: requests of a client beside it`, granted);
  figure(`${name}: of them failed`, failures.length);
  expect(failures).toEqual([]);
  expect(most).toBeLessThan(mostResident);
}

/** @returns the totals of the connections that were refused and ended at a limit, according to the log */
function atBounds(): { refused: number; ended: number } {
  const lines = [...server.output.matchAll(/"refused":(\d+),"ended":(\d+)/g)];
  const sum = (group: number) => lines.reduce((total, line) => total + Number(line[group]), 0);
  return { refused: sum(1), ended: sum(2) };
}

/** How long an attack lasts, in milliseconds. */
const FOR_A_WHILE_MS = 4000;

test('1400 pipelined requests for the OpenAPI document without a key cost no memory and fail no other client', async () => {
  await serve();
  const victim = [READY, { method: 'GET', path: DOCUMENT }];
  await expectService('pipelined requests for the document', victim, async () => {
    await attack(head(DOCUMENT).repeat(1400));
    await sleep(FOR_A_WHILE_MS);
  });
  await until(() => atBounds().refused > 0);
});

test('500 pipelined requests for the locations in 150 hospitals with long names cost no memory and fail no other client', async () => {
  const medic = await given.medic();
  for (let number = 0; number < 150; number += 1) {
    const hospital = await given.emptyHospital({ name: 'N'.repeat(255), location: 'L'.repeat(1000) });
    await given.membership(medic, hospital);
  }
  const { hospital, member } = await given.hospital();
  await serve();
  const victim = [{ method: 'GET', path: `${API}/hospital/${String(hospital)}`, token: member.token }];
  await expectService('pipelined requests for locations', victim, async () => {
    await attack(head(`${API}/locations/`, medic.token).repeat(500));
    await sleep(FOR_A_WHILE_MS);
  });
});

test('20 connections that request pictures of 2 MB and do not read them cost little memory and fail no other client', async () => {
  const { hospital, member } = await given.hospital();
  const content = jpeg(2_097_151);
  const [{ digest }] = await database.dataSource.query<[{ digest: string }]>(
    `INSERT INTO hospital_picture (hospital_id, kind, digest, content) VALUES ($1, 'picture', sha256($2), $2)
     RETURNING encode(digest, 'hex') AS digest`,
    [hospital, content],
  );
  await serve();
  const path = `${API}/pictures/${digest}`;
  const victim = [
    { method: 'GET', path: `${API}/hospital/${String(hospital)}`, token: member.token },
    { method: 'GET', path },
  ];
  await expectService('pictures that nobody reads', victim, async () => {
    for (let number = 0; number < 20; number += 1) await attack(head(path).repeat(30));
    await sleep(FOR_A_WHILE_MS);
  });
});

/** Opens 300 connections, each with a body of 1 MB that lacks its last byte. */
async function sendUnfinishedBodies(): Promise<void> {
  const header = `Host: x\r\nContent-Type: application/json\r\nContent-Length: 1000000`;
  const request = `POST ${API}/token-auth/ HTTP/1.1\r\n${header}\r\n\r\n${' '.repeat(999_999)}`;
  for (let number = 0; number < 300; number += 1) await attack(request);
}

test('300 connections with unfinished bodies of 1 MB cost little memory and fail no other client', async () => {
  const { hospital, member } = await given.hospital();
  await serve();
  const victim = [{ method: 'GET', path: `${API}/hospital/${String(hospital)}`, token: member.token }];
  const carryOut = async () => {
    await sendUnfinishedBodies();
    await sleep(FOR_A_WHILE_MS);
  };
  await expectService('bodies that do not end', victim, carryOut, MOST_RESIDENT_WITH_BODIES);
  await until(() => atBounds().ended > 0);
});

test('uploads of 1 MB succeed beside 300 connections with unfinished bodies', async () => {
  const scenes = [await given.hospital(), await given.hospital(), await given.hospital(), await given.hospital()];
  const { outsider, member } = await given.hospital();
  await serve();
  const victim = [{ method: 'GET', path: `${API}/locations/`, token: member.token }];
  const csv = `medic\n${String(outsider.id)}${' '.repeat(1_000_000)}\n`;
  const uploads: unknown[] = [];
  const carryOut = async () => {
    await sendUnfinishedBodies();
    const sending = scenes.map(async ({ hospital, admin: { token } }) => {
      const path = `${url}${API}/management/memberships/bulk/?hospital=${String(hospital)}`;
      const headers = { authorization: `Token ${token}`, 'content-type': 'text/csv' };
      const response = await fetch(path, { method: 'POST', headers, body: csv });
      uploads.push(await response.json());
    });
    await Promise.all(sending);
  };
  await expectService('uploads beside bodies that do not end', victim, carryOut, MOST_RESIDENT_WITH_BODIES);
  expect(uploads).toMatchObject(scenes.map(() => ({ created: 1, failed: 0 })));
});

test('4000 idle connections are closed in favor of new ones and do not exhaust the open files', async () => {
  const { hospital, member } = await given.hospital();
  await serve();
  const victim = [{ method: 'GET', path: `${API}/hospital/${String(hospital)}`, token: member.token }];
  await expectService('silent connections', victim, async () => {
    for (let number = 0; number < 4000; number += 1) await attack('');
    await send(url, READY, keepAlive());
  });
  await until(() => atBounds().ended > 0);
});
