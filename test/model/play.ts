import { DIFFERENCES } from '../../src/record/replay.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { empty } from '../support/empty.js';
import { instant } from '../support/instant.js';
import type { Service } from '../support/service.js';
import type { Command, Sent } from './command.js';
import { Refused, type Expected, type Link } from './expected.js';
import { instantOf } from './limits.js';
import { Model } from './model.js';
import { OPENING } from './opening.js';
import { Past } from './past.js';
import { UNKNOWN, type ModelMedic } from './world.js';

const API = '/api/v2';

/** Number of medics at the start, without a creator. */
const FOUNDERS = 3;

/**
 * Empties the database, and plays the opening and the commands against the service and the model, in
 * sequence. Fails if an answer, or after a write a row, differs from the model's, or if the entries of the record do not
 * lead to the rows.
 */
export async function play(service: Service, commands: Command[], opening = OPENING): Promise<void> {
  await empty(service.dataSource, true);
  const model = new Model(await founders(service));
  const past = new Past(service, model);
  let keys = 0;
  for (const command of [...opening, ...commands]) {
    const sent = command.toSend(model);
    if (sent.passing !== undefined) await pass(service, model, sent.passing);
    const expected = outcomeOf(model, sent);
    const asForm = sent.repeats?.asForm ?? command.asForm;
    const key = sent.repeats?.key ?? (command.hasKey && sent.requireRight ? `key-${String((keys += 1))}` : undefined);
    const answer = await send(service, sent, asForm, key);
    const title = `${command.name}: medic ${String(sent.by.id)} ${sent.method} ${sent.path} ${JSON.stringify(sent.body ?? sent.query)}`;
    if (answer.status === expected.status) await learn(service, model, answer);
    if (answer.status < 300 && sent.method !== 'GET') await past.remember();
    if (answer.status < 300 && key !== undefined && sent.repeats === undefined)
      model.stored.push({ sent, asForm, key, status: answer.status, text: answer.text });
    expect({ title, ...seen(service, answer) }).toEqual({ title, ...foreseen(expected) });
    if (sent.method !== 'GET')
      expect({ title, rows: await rowsOf(service) }).toEqual({ title, rows: rowsOfModel(model) });
  }
  await past.remember();
  await past.check();
  await past.checkDecisions();
  expect(await service.dataSource.query(DIFFERENCES, [10])).toEqual([]);
}

async function founders({ given }: Service): Promise<ModelMedic[]> {
  const medics: ModelMedic[] = [];
  for (let number = 0; number < FOUNDERS; number += 1) {
    const name = `Medic ${String(number)}`;
    const { id, email, token } = await given.medic({ name, email: `Medic.${String(number)}@example.org` });
    medics.push({ id, name, email, token, creator: null, isActive: true });
  }
  return medics;
}

/** Lets days pass for the limits in time. The clock of the database cannot be moved, so the limits are. */
async function pass({ dataSource }: Service, model: Model, days: number): Promise<void> {
  model.pass(days);
  await dataSource.query(
    `UPDATE membership SET valid_from = valid_from - $1 * interval '24 hours', valid_until = valid_until - $1 * interval '24 hours'
     WHERE valid_from IS NOT NULL OR valid_until IS NOT NULL`,
    [days],
  );
}

function outcomeOf(model: Model, sent: Sent): Expected {
  try {
    model.authenticate(sent.by);
    return sent.expect();
  } catch (refused) {
    if (refused instanceof Refused) return refused.expected;
    throw refused;
  }
}

function send(
  { client }: Service,
  { by, method, path, query = {}, body }: Sent,
  asForm: boolean,
  key: string | undefined,
): Promise<CheckedResponse> {
  const parameters = new URLSearchParams(pairsOf(query)).toString();
  const canBeForm = body !== undefined && Object.values(body).every((value) => typeof value !== 'object');
  return client.send(method, parameters === '' ? path : `${path}?${parameters}`, {
    token: by.token,
    headers: key === undefined ? {} : { 'idempotency-key': key },
    body: asForm && canBeForm ? new URLSearchParams(pairsOf(body)) : body,
    concurrent: true,
  });
}

const pairsOf = (fields: object) =>
  Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);

/** Copies what only the database can choose into the model: ids, instants and keys. */
async function learn({ dataSource }: Service, model: Model, answer: CheckedResponse): Promise<void> {
  for (const medic of model.medics.filter(({ id }) => id === UNKNOWN)) {
    const [row] = await dataSource.query<{ id: number }[]>('SELECT max(id) AS id FROM medic');
    Object.assign(medic, { id: row?.id, token: answer.body()['token'] });
  }
  for (const hospital of model.hospitals.filter(({ id }) => id === UNKNOWN)) {
    const newest = `SELECT id, ${instant('created_at')} AS "createdAt" FROM hospital ORDER BY id DESC LIMIT 1`;
    Object.assign(hospital, (await dataSource.query<object[]>(newest))[0]);
  }
  for (const membership of model.memberships.filter(({ id }) => id === UNKNOWN)) {
    const added = `SELECT id, ${instant('date_joined')} AS "dateJoined" FROM membership WHERE medic_id = $1 AND hospital_id = $2`;
    const { medic, hospital } = membership;
    Object.assign(membership, (await dataSource.query<object[]>(added, [medic.id, hospital.id]))[0]);
  }
}

function foreseen({ status, body, links = {}, isReplayed = false }: Expected) {
  return { status, body: body(), links, scheme: status === 401 ? 'Token' : null, isReplayed };
}

function seen({ client: { url } }: Service, { status, json, headers }: CheckedResponse) {
  const links = (headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g);
  return {
    status,
    body: isPage(json) ? { ...json, next: linkOf(url, json.next), previous: linkOf(url, json.previous) } : json,
    links: Object.fromEntries([...links].map(([, target = '', name = '']) => [name, linkOf(url, target)])),
    scheme: headers.get('www-authenticate'),
    isReplayed: headers.get('idempotent-replayed') === 'true',
  };
}

function isPage(json: unknown): json is { next: string | null; previous: string | null } {
  return typeof json === 'object' && json !== null && 'next' in json && 'previous' in json;
}

function linkOf(url: string, target: string | null): Link | null | string {
  if (target?.startsWith(url + API) !== true) return target;
  const { pathname, searchParams } = new URL(target);
  return { path: pathname.slice(API.length), parameters: Object.fromEntries(searchParams) };
}

/** @returns every row of the three tables, by id */
async function rowsOf({ dataSource }: Service): Promise<unknown> {
  const [medics, hospitals, memberships] = [
    await dataSource.query<unknown[]>(
      'SELECT id, name, email, email_key, is_active, created_by_id FROM medic ORDER BY id',
    ),
    await dataSource.query<unknown[]>('SELECT id, name, is_active FROM hospital ORDER BY id'),
    await dataSource.query<unknown[]>(
      `SELECT id, medic_id, hospital_id, type, is_active, is_deleted, ${instant('date_joined')} AS date_joined,
         ${instant('valid_from')} AS valid_from, ${instant('valid_until')} AS valid_until
       FROM membership ORDER BY id`,
    ),
  ];
  return { medics, hospitals, memberships };
}

function rowsOfModel({ medics, hospitals, memberships }: Model): unknown {
  return {
    medics: medics.map(({ id, name, email, isActive, creator }) => ({
      id,
      name,
      email,
      email_key: email.toLowerCase(),
      is_active: isActive,
      created_by_id: creator?.id ?? null,
    })),
    hospitals: hospitals.map(({ id, name, isActive }) => ({ id, name, is_active: isActive })),
    memberships: memberships.map(({ id, medic, hospital, type, isActive, isDeleted, dateJoined, from, until }) => ({
      id,
      medic_id: medic.id,
      hospital_id: hospital.id,
      type,
      is_active: isActive,
      is_deleted: isDeleted,
      date_joined: dateJoined,
      valid_from: instantOf(from),
      valid_until: instantOf(until),
    })),
  };
}
