import { readFileSync, writeFileSync } from 'node:fs';
import { figure } from '../support/figure.js';
import { quieten } from '../support/quiet.js';
import { givenScene, REQUESTS, sendGranted, type Request } from '../support/requests.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { listen } from '../support/statements.js';

const service = useService();
beforeAll(() => quieten(service));

interface Cost {
  readonly statements: number;
  readonly trips: number;
}

/** Counts statements and round trips: the statements that one turn of the event loop sends on a connection are one trip. */
async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const cost = { statements: 0, trips: 0 };
  const sending = new Set<unknown>();
  const stop = listen((client) => {
    cost.statements += 1;
    if (sending.has(client)) return;
    cost.trips += 1;
    sending.add(client);
    setImmediate(() => sending.delete(client));
  });
  await work().finally(stop);
  return cost;
}

async function measure({ send }: Request): Promise<Cost> {
  const { key: token } = await givenService(service);
  const scene = await givenScene(service.given, { token });
  // Otherwise the first read of the record would do it.
  await service.dataSource.query('SELECT record_sequence()');
  return costOf(() => sendGranted(service.client.url, send(scene)));
}

const DOCUMENT = 'docs/performance.md';
const BETWEEN = /(<!-- round trips -->\n)[^]*?(<!-- end of round trips -->)/;

function tableOf(costs: [string, Cost][]): string {
  const rows = costs.map(([name, { statements, trips }]) => [`\`${name}\``, String(trips), String(statements)]);
  const table = [['request', 'round trips', 'statements'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `\n${lines.join('\n')}\n\n`;
}

// The embedded database responds within the same turn, so it has no round trips.
(isServer ? test : test.skip)(
  'every request keeps its budget of round trips, and docs/performance.md lists its cost',
  async () => {
    // A new connection first asks which server it reached; the warm-up keeps that out of the counts.
    for (const request of Object.values(REQUESTS)) await measure(request);
    const costs: [string, Cost][] = [];
    for (const [name, request] of Object.entries(REQUESTS)) costs.push([name, await measure(request)]);
    for (const [name, { trips }] of costs)
      expect({ name, isKept: trips <= (REQUESTS[name]?.budget ?? 0) }).toEqual({ name, isKept: true });
    const document = readFileSync(DOCUMENT, 'utf8');
    const written = document.replace(BETWEEN, (_, start: string, end: string) => `${start}${tableOf(costs)}${end}`);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, written);
    else expect(document).toBe(written);
  },
);

(isServer ? test : test.skip)(
  'a flag that moves to the membership that starts first costs one more statement, and no round trip',
  async () => {
    const { given } = service;
    const later = { validFrom: new Date('2999-01-01') };
    const removal = async (hasOther: boolean) => {
      const [one, two] = [await given.hospital(), await given.hospital()];
      const flagged = await given.membership(one.outsider, one.hospital, { ...later, isActive: true });
      const other = hasOther ? await given.membership(one.outsider, two.hospital, later) : null;
      const cost = await costOf(async () => {
        (await one.admin.removeMembership(flagged, { concurrent: true })).isCreated();
      });
      return { cost, hasMoved: other !== null && (await given.rowOf(other)).isActive };
    };
    await removal(false);
    const { cost } = await removal(false);
    expect(await removal(true)).toEqual({ cost: { ...cost, statements: cost.statements + 1 }, hasMoved: true });
  },
);

test('an upload of 1000 medics needs as many statements as one of two', async () => {
  const { hospital, admin } = await service.given.hospital();
  const medics = await service.dataSource.query<{ id: number }[]>(
    `INSERT INTO medic (name, email, email_key)
     SELECT 'Medic', email, email FROM generate_series(1, 1002) n, concat('upload.', n, '@example.org') email RETURNING id`,
  );
  const memberships = medics.map(({ id }) => ({ medic: id }));
  const upload = (rows: object[]) =>
    costOf(async () => {
      const body = { hospital, memberships: rows };
      (await admin.post('/management/memberships/bulk/', body, { concurrent: true })).isOk({ created: rows.length });
    });
  const two = await upload(memberships.slice(1000));
  const began = performance.now();
  expect((await upload(memberships.slice(0, 1000))).statements).toBe(two.statements);
  figure('milliseconds of an upload of 1000 medics', Math.round(performance.now() - began));
});
