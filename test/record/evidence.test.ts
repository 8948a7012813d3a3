import { gunzipSync } from 'node:zlib';
import { restartRecord } from '../../src/record/evidence/restart.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { entriesIn, hashesIn, openCheckpoint, pathsOf, readProof, rootByProof, rootOf } from '../support/log.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';

const file = write(useFolder(), 'keys.pem', newPem() + newPem());
const service = useService({ SIGNING_KEY_FILE: file });

let auditor: ServiceActor;
let x: string;

beforeAll(async () => {
  auditor = await givenService(service, 'record:read');
  x = (await keySet())[0]?.x ?? '';
  await join(300);
});

/** Leaves two entries for each medic, and one for their hospital. */
async function join(medics: number): Promise<void> {
  await service.given.crowd(await service.given.emptyHospital(), medics);
}

async function keySet(): Promise<{ x: string; kid: string }[]> {
  return (await service.client.get('//.well-known/jwks.json')).isOk().body<{ keys: { x: string; kid: string }[] }>()
    .keys;
}

const textAt = async (path: string) => (await auditor.get(`/record/${path}`)).is(200).text;

const checkpoint = async () => openCheckpoint(await textAt('checkpoint'), x);

/** Fetches bytes, which the client of the tests would read as text. */
async function bytesAt(path: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${auditor.key}`;
  const response = await fetch(`${service.client.url}/record/tile/${path}`, { headers: { authorization, ...headers } });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

async function entriesUpTo(size: number): Promise<Buffer[]> {
  const bundles = await Promise.all(pathsOf(size).map((path) => bytesAt(`entries/${path}`)));
  return bundles.flatMap(({ bytes }) => entriesIn(bytes));
}

describe('the checkpoint', () => {
  test('the checkpoint is signed by the first key, and its root is that of the entries in the bundles', async () => {
    const { origin, size, root } = await checkpoint();
    expect(origin).toMatch(/^hospital-memberships\/[0-9a-f-]{36}$/);
    expect(size).toBeGreaterThan(600);
    expect(rootOf(await entriesUpTo(size)).toString('hex')).toBe(root);
  });

  test('the checkpoint covers every change that was committed before the request, and contradicts no earlier checkpoint', async () => {
    for (let round = 0; round < 10; round += 1) {
      const before = await checkpoint();
      await join(1 + round * 7);
      const after = await checkpoint();
      expect([after.origin, after.size]).toEqual([before.origin, before.size + (1 + round * 7) * 2 + 1]);
      const entries = await entriesUpTo(after.size);
      expect(rootOf(entries.slice(0, before.size)).toString('hex')).toBe(before.root);
      expect(rootOf(entries).toString('hex')).toBe(after.root);
    }
  });

  test('the checkpoint is text that its reader may keep for five seconds', async () => {
    const { headers } = await auditor.get('/record/checkpoint');
    expect([headers.get('content-type'), headers.get('cache-control')]).toEqual([
      'text/plain; charset=utf-8',
      'private, max-age=5',
    ]);
  });
});

describe('tiles', () => {
  test('tiles of level 0 contain the hashes of the entries', async () => {
    const { size } = await checkpoint();
    const tiles = await Promise.all(pathsOf(size).map((path) => bytesAt(`0/${path}`)));
    const leaves = (await entriesUpTo(size)).map((entry) => rootOf([entry]).toString('hex'));
    expect(tiles.flatMap(({ bytes }) => hashesIn(bytes))).toEqual(leaves);
  });

  test('tiles of level 1 contain the roots of the full tiles below', async () => {
    const entries = await entriesUpTo(512);
    const { bytes } = await bytesAt('1/000.p/2');
    const roots = [entries.slice(0, 256), entries.slice(256)].map((part) => rootOf(part).toString('hex'));
    expect(hashesIn(bytes)).toEqual(roots);
    expect(hashesIn((await bytesAt('1/000.p/1')).bytes)).toEqual(roots.slice(0, 1));
  });

  test('tiles stay available in every width that a checkpoint has had', async () => {
    const full = hashesIn((await bytesAt('0/000')).bytes);
    for (const width of [1, 2, 100, 255])
      expect(hashesIn((await bytesAt(`0/000.p/${String(width)}`)).bytes)).toEqual(full.slice(0, width));
  });

  test.each(['0/000', '0/001.p/7', '1/000.p/1', 'entries/000', 'entries/000.p/3'])(
    'the tile %s may be kept by its reader',
    async (path) => {
      const { status, headers } = await bytesAt(path);
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        'application/octet-stream',
        'private, max-age=31536000, immutable',
      ]);
    },
  );

  test('tiles of entries are compressed only for those who ask', async () => {
    const plain = await bytesAt('entries/000', { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBe(null);
    expect(entriesIn(plain.bytes)).toHaveLength(256);
    const response = await service.app.inject({
      url: '/record/tile/entries/000',
      headers: { authorization: `Bearer ${auditor.key}`, 'accept-encoding': 'br, gzip;q=0.5' },
    });
    expect(response.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: expect.stringMatching(/accept-encoding/i) as string,
    });
    expect(gunzipSync(response.rawPayload)).toEqual(plain.bytes);
    const refused = await service.app.inject({
      url: '/record/tile/entries/000',
      headers: { authorization: `Bearer ${auditor.key}`, 'accept-encoding': 'gzip;q=0' },
    });
    expect(refused.headers['content-encoding']).toBe(undefined);
  });

  test.each([
    '0/999',
    '0/x001/000',
    '0/x999/x999/x999/x999/x999/999',
    '7/000',
    '63/000',
    '64/000',
    '00/000',
    '-1/000',
    '0/0',
    '0/0000',
    '0/x000/000',
    '0/001/000',
    '0/000.p/0',
    '0/000.p/00',
    '0/000.p/256',
    '0/000.p/1/2',
    '0/000.p',
    '1/000',
    '2/000.p/1',
    'entries/999',
    'entries/000.p/256',
    'entries/x000/000',
  ])('the tile %s does not exist', async (path) => {
    expect((await auditor.get(`/record/tile/${path}`)).status).toBe(404);
  });
});

describe('proofs', () => {
  test('proofs of every position near a border lead to the root of their checkpoint', async () => {
    const { size } = await checkpoint();
    for (const position of [1, 2, 3, 255, 256, 257, 512, 513, size - 1, size]) {
      const proof = readProof(await textAt(`proof?position=${String(position)}`));
      const signed = openCheckpoint(proof.checkpoint, x);
      expect([proof.index, signed.size]).toEqual([position - 1, size]);
      expect(rootByProof(proof, size)).toBe(signed.root);
      expect(JSON.parse(proof.entry.toString())).toMatchObject({ position });
    }
  });

  test('proofs can be asked for by the id of the entry', async () => {
    const { entry } = readProof(await textAt('proof?position=300'));
    const { id } = JSON.parse(entry.toString()) as { id: string };
    expect(readProof(await textAt(`proof?entry=${id}`)).index).toBe(299);
  });

  test('proofs exist only for entries', async () => {
    const { size } = await checkpoint();
    const paths = [String(size + 1), '9007199254740991', '99999999999999999999'].map(
      (position) => `position=${position}`,
    );
    for (const query of [...paths, 'entry=00000000-0000-4000-8000-000000000000'])
      expect([query, (await auditor.get(`/record/proof?${query}`)).status]).toEqual([query, 404]);
  });

  test.each([
    '',
    'position=0',
    'position=-1',
    'position=x',
    'entry=1',
    'position=1&entry=00000000-0000-4000-8000-000000000000',
    'position=1&position=2',
  ])('proofs are refused for the query %j', async (query) => {
    expect((await auditor.get(`/record/proof?${query}`)).status).toBe(400);
  });
});

describe('the evidence', () => {
  test.each(['checkpoint', 'proof?position=1', 'tile/0/000', 'tile/entries/000'])(
    'GET /record/%s needs the scope record:read',
    async (path) => {
      const other = await givenService(service, 'event:read');
      expect((await other.get(`/record/${path}`)).status).toBe(403);
      expect((await service.client.get(`//record/${path}`)).status).toBe(401);
      const { token } = await service.given.medic();
      expect((await service.client.get(`//record/${path}`, { token })).status).toBe(403);
    },
  );

  test('the evidence can only be read', async () => {
    for (const path of ['checkpoint', 'proof', 'tile/0/000', 'tile/entries/000']) {
      const { status, headers } = await auditor.send('POST', `/record/${path}`);
      expect([path, status, headers.get('allow')]).toEqual([path, 405, 'GET, HEAD, OPTIONS']);
    }
  });

  test('the evidence is signed by the first of the keys in the key set', async () => {
    const keys = await keySet();
    expect(keys).toHaveLength(2);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2);
    expect(JSON.stringify(keys)).not.toContain('"d"');
    const other = keys[1]?.x ?? '';
    const note = await textAt('checkpoint');
    expect(() => openCheckpoint(note, other)).toThrow();
  });
});

describe('a record that lost commits', () => {
  test('a record that lost commits is not signed under the old origin, and is again after record restart', async () => {
    const kept = await service.dataSource.query<[{ position: string; peaks: Buffer[] }]>(
      'SELECT position, peaks FROM record_head',
    );
    const [{ position, peaks }] = kept;
    await join(3);
    const lost = await checkpoint();
    await service.dataSource.query('DELETE FROM record_entry WHERE position > $1', [position]);
    await service.dataSource.query('DELETE FROM record_tile WHERE (number + 1) * 256 ^ (level + 1) > $1', [position]);
    await service.dataSource.query('UPDATE record_head SET position = $1, peaks = $2', [position, peaks]);
    for (const path of ['checkpoint', 'proof?position=1'])
      expect((await auditor.get(`/record/${path}`)).status).toBe(409);
    // As many entries as before, but other ones.
    await join(3);
    expect((await auditor.get('/record/checkpoint')).status).toBe(409);

    await restartRecord(service.dataSource);
    const { origin, size, root } = await checkpoint();
    expect([origin === lost.origin, size]).toEqual([false, lost.size]);
    expect(rootOf(await entriesUpTo(size)).toString('hex')).toBe(root);
  });
});
