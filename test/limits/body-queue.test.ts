import { once } from 'node:events';
import type { Socket } from 'node:net';
import { jpeg } from '../support/jpeg.js';
import { connectTo, rawRequest, readResponse } from '../support/raw.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const service = useService();

const SIZE = 1_000_000;

/** Bodies of this size that fit into the 32 MB. */
const ROOM = 33;

const sockets: Socket[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
  await until(() => open() === 0);
});

const open = () => service.app.getHttpAdapter().getInstance().connections.inProgress;

/** Makes no body give way, so that only the tests decide when there is room. */
function nothingGivesWay(): void {
  const { bodyQueue } = service.app.getHttpAdapter().getInstance();
  vi.spyOn(bodyQueue, 'takeSlow').mockReturnValue([]);
}

/** Opens connections with the headers and the first bytes of a body of {@link SIZE} bytes. */
async function begin(count: number, address?: string): Promise<Socket[]> {
  const before = open();
  const header = { 'Content-Type': 'application/json', 'Content-Length': String(SIZE) };
  const begun: Socket[] = [];
  for (let number = 0; number < count; number += 1) {
    const socket = await connectTo(service.client.url, address);
    socket.on('error', () => undefined).write(rawRequest('POST /api/v2/token-auth/', header, ' '));
    begun.push(socket);
  }
  sockets.push(...begun);
  await until(() => open() === before + count);
  return begun;
}

/** A valid upload of about {@link SIZE} bytes. */
async function csvUpload() {
  const { hospital, admin, outsider } = await service.given.hospital();
  const body = `medic\n${String(outsider.id)}${' '.repeat(SIZE)}\n`;
  const upload = () =>
    admin.send('POST', `/management/memberships/bulk/?hospital=${String(hospital)}`, {
      headers: { 'content-type': 'text/csv' },
      body,
    });
  return { upload };
}

const blanks = async () => {
  const { token } = await service.given.medic();
  const header = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
  return { status: 400, request: rawRequest('POST /api/v2/hospital/', header, `{}${' '.repeat(SIZE)}`) };
};

const picture = async () => {
  const { hospital, admin } = await service.given.hospital();
  const form = new FormData();
  form.set('picture', new File([jpeg(SIZE)], 'a.jpg', { type: 'image/jpeg' }));
  const multipart = new Response(form);
  const header = {
    Authorization: `Token ${admin.token}`,
    'Content-Type': String(multipart.headers.get('content-type')),
  };
  const body = Buffer.from(await multipart.arrayBuffer());
  return { status: 201, request: rawRequest(`PATCH /api/v2/hospital/${String(hospital)}`, header, body) };
};

const chunked = async () => {
  const { token } = await service.given.medic();
  const header = `Host: x\r\nConnection: close\r\nAuthorization: Token ${token}\r\nContent-Type: application/json`;
  const body = `{}${' '.repeat(SIZE - 2)}`;
  const chunks = `${SIZE.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const head = `POST /api/v2/hospital/ HTTP/1.1\r\n${header}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  return { status: 400, request: Buffer.from(head + chunks) };
};

const unknown = () => {
  const header = { 'Content-Type': 'multipart/mixed; boundary=x' };
  return Promise.resolve({ status: 404, request: rawRequest('POST /nowhere', header, 'x'.repeat(SIZE)) });
};

test.each([
  ['JSON', blanks],
  ['JSON in chunks', chunked],
  ['multipart', picture],
  ['an unknown path', unknown],
])('while 32 MB of unfinished bodies arrive, a large body of %s is not read until there is room', async (_, given) => {
  const { status, request } = await given();
  const medic = await service.given.medic();
  nothingGivesWay();
  const [first] = await begin(ROOM);
  const accepted = once(service.app.getHttpServer(), 'connection') as Promise<[Socket]>;
  const socket = await connectTo(service.client.url);
  sockets.push(socket);
  const [served] = await accepted;
  const response = readResponse(socket);
  socket.write(request);
  await until(() => open() === ROOM + 1);
  for (let number = 0; number < 10; number += 1) (await medic.get('/locations/')).isOk();
  expect(served.bytesRead).toBeLessThan(SIZE / 2);
  first?.destroy();
  expect((await response).status).toBe(status);
});

test('while a large body waits, those that stall are closed, and one that advances is not', async () => {
  const { upload } = await csvUpload();
  const [advancing, ...stalling] = await begin(ROOM);
  const received = readResponse(advancing as Socket);
  const { bodyQueue } = service.app.getHttpAdapter().getInstance();
  const takeSlow = bodyQueue.takeSlow.bind(bodyQueue);
  let missing = SIZE - 1;
  // From each look of the service to the next one, more than the 32 KB arrive that it expects.
  vi.spyOn(bodyQueue, 'takeSlow').mockImplementation(() => {
    const found = takeSlow();
    advancing?.write(' '.repeat(40_000));
    missing -= 40_000;
    return found;
  });
  const uploaded = upload();
  await until(() => stalling.every((socket) => socket.closed));
  (await uploaded).isOk({ created: 1 });
  vi.restoreAllMocks();
  advancing?.write(' '.repeat(missing));
  expect((await received).status).toBe(400);
});

test('a slow body is not closed for one that waits from an address with more of them', async () => {
  const [slow] = await begin(1, '127.0.0.2');
  const received = readResponse(slow as Socket);
  const stalling = await begin(ROOM);
  // One of them has waited, and takes the room of the others.
  await until(() => stalling.filter((socket) => socket.closed).length === ROOM - 1);
  slow?.write(' '.repeat(SIZE - 1));
  expect((await received).status).toBe(400);
});

test('bodies whose connections are closed before they enter the queue take no room', async () => {
  const { upload } = await csvUpload();
  const { bodyQueue } = service.app.getHttpAdapter().getInstance();
  const enter = bodyQueue.enter.bind(bodyQueue);
  vi.spyOn(bodyQueue, 'enter').mockImplementation((request, ...others) => {
    request.raw.once('close', () => {
      enter(request, ...others);
    });
  });
  for (const socket of await begin(ROOM)) socket.destroy();
  await until(() => open() === 0);
  vi.restoreAllMocks();
  nothingGivesWay();
  (await upload()).isOk({ created: 1 });
  expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test('connections that close while their bodies arrive or wait leave their room to others', async () => {
  const { upload } = await csvUpload();
  nothingGivesWay();
  for (const socket of await begin(ROOM + 5)) socket.destroy();
  (await upload()).isOk({ created: 1 });
  expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test('a body from another address is the next, before all that wait from the address of the others', async () => {
  const { status, request } = await blanks();
  nothingGivesWay();
  const [first] = await begin(ROOM + 5);
  const socket = await connectTo(service.client.url, '127.0.0.2');
  sockets.push(socket);
  const response = readResponse(socket);
  socket.write(request);
  await until(() => open() === ROOM + 6);
  first?.destroy();
  expect((await response).status).toBe(status);
});

test('small bodies do not wait for large ones', async () => {
  const { hospital, admin, outsider } = await service.given.hospital();
  nothingGivesWay();
  await begin(ROOM);
  (
    await admin.post('/management/memberships/', { hospital, medic: outsider.id, type_membership: 'MEMBER' })
  ).isCreated();
});
