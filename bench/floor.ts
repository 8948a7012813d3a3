/**
 * The floor: the least work that responds correctly to the measured requests. Bare `node:http` and `pg`, one
 * prepared statement per request; reads are pipelined over two connections. It has no real validation,
 * limits, log or error handling, and is not meant for production.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import { answerTo, type Found } from './floor-decisions.js';
import * as sql from './floor-statements.js';

const API = '/api/v2';
const OWN = `${API}/management/memberships/`;
const HOSPITAL = `${API}/memberships/`;
const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

const connectionString = process.env['DATABASE_URL'];
const options = '-c plan_cache_mode=force_generic_plan -c TimeZone=UTC';
const config = { connectionString, options, types: { getTypeParser } };
const readers = [new pg.Client({ ...config, pipeline: true }), new pg.Client({ ...config, pipeline: true })] as const;
const writers = new pg.Pool({ ...config, max: 16 });
await Promise.all(readers.map((client) => client.connect()));
let turn = 0;

const parserOf = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => unknown;

/** Converts instants to the contract's format: `2020-11-04 01:12:12.01+00` to `2020-11-04T01:12:12.010000Z`. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid !== 1184) return parserOf(oid, format) as (text: string) => unknown;
  return (text) => `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(6, '0')}Z`;
}

async function read<Row extends object = sql.Row>(statement: sql.Statement, values: unknown[]): Promise<Row[]> {
  turn = 1 - turn;
  const client = turn === 0 ? readers[0] : readers[1];
  return (await client.query<Row>({ ...statement, values })).rows;
}

async function write(statement: sql.Statement, values: unknown[]): Promise<sql.Row | undefined> {
  return (await writers.query<sql.Row>({ ...statement, values })).rows[0];
}

function jsonOf(row: sql.Row): string {
  return (
    `{"id":${String(row.id)},"medic":{"id":${String(row.medic_id)},"name":${JSON.stringify(row.name)},` +
    `"email":${JSON.stringify(row.email)}},"hospital":${String(row.hospital_id)},"type_membership":"${row.type}",` +
    `"is_active":${String(row.is_active)},"is_deleted":${String(row.is_deleted)},"date_joined":"${row.date_joined}"}`
  );
}

function listOf(rows: sql.Row[]): string {
  let json = '';
  for (const row of rows) if (row.id !== null) json += json === '' ? jsonOf(row) : `,${jsonOf(row)}`;
  return `[${json}]`;
}

async function responseTo(request: IncomingMessage): Promise<[number, string]> {
  const { url = '', method, headers } = request;
  const { authorization = '' } = headers;
  const digest = createHash('sha256')
    .update(authorization.slice(authorization.indexOf(' ') + 1))
    .digest();
  if (method === 'POST') {
    const body = await bodyOf(request);
    const answer = answerTo(url, body);
    if (answer !== undefined) {
      const [found] = await read<Found>(answer.statement, [digest, ...answer.values]);
      return found === undefined ? [401, '{"message":"Unauthorized"}'] : [200, answer.jsonOf(found)];
    }
    const input = JSON.parse(body) as Record<string, unknown>;
    const row = await write(sql.CREATE, [digest, input['medic'], input['hospital'], input['type_membership']]);
    if (row === undefined) return [401, '{"message":"Unauthorized Medic"}'];
    return [
      201,
      `{"id":${String(row.id)},"medic":${String(row.medic_id)},"hospital":${String(row.hospital_id)},"type_membership":"${row.type}"}`,
    ];
  }
  if (method === 'PATCH') {
    const { type_membership: type } = JSON.parse(await bodyOf(request)) as Record<string, unknown>;
    const row = await write(sql.CHANGE, [digest, url.slice(OWN.length), type]);
    return row === undefined ? [401, '{"message":"Unauthorized Medic"}'] : [201, jsonOf(row)];
  }
  if (url === OWN) {
    const rows = await read(sql.OWN, [digest, 15]);
    if (rows.length === 0) return [401, '{"message":"Invalid Token"}'];
    const count = Number(rows[0]?.count ?? 0);
    const host = `http://${headers.host ?? ''}`;
    const next = count > 15 ? `"${host}${OWN}?limit=15&offset=15"` : 'null';
    return [200, `{"count":${String(count)},"next":${next},"previous":null,"results":${listOf(rows)}}`];
  }
  if (url.startsWith(OWN)) {
    const [row] = await read(sql.ONE, [digest, url.slice(OWN.length)]);
    return row === undefined ? [404, '{"message":"Not found"}'] : [200, jsonOf(row)];
  }
  if (url.startsWith(HOSPITAL)) {
    const rows = await read(sql.HOSPITAL, [digest, url.slice(HOSPITAL.length)]);
    return rows.length === 0 ? [401, '{"message":"Unauthorized Medic"}'] : [200, listOf(rows)];
  }
  return url === '/health/ready' ? [200, '{"status":"ok"}'] : [404, '{"message":"Not found"}'];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}

function respond(request: IncomingMessage, response: ServerResponse): void {
  responseTo(request).then(
    ([status, body]) => {
      response.writeHead(status, { ...HEADERS, 'content-length': Buffer.byteLength(body) }).end(body);
    },
    () => response.writeHead(500).end(),
  );
}

createServer(respond).listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
