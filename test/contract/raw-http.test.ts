import { once } from 'node:events';
import { HOSPITAL } from '../support/bodies.js';
import { connectTo, rawRequest, readResponse, sendRaw } from '../support/raw.js';
import { useService, type Service } from '../support/service.js';

const service = useService();

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Whatever was sent, the next request succeeds. */
afterEach(async () => {
  const medic = await service.given.medic();
  (await medic.post('/hospital/', HOSPITAL)).isCreated();
});

describe('malformed HTTP', () => {
  test.each([
    ['words', 'hello, service\r\n\r\n'],
    ['binary data', Buffer.from([0, 1, 2, 3, 0xff, 13, 10, 13, 10])],
    ['a TLS handshake', Buffer.from('16030100c8010000c4030300', 'hex')],
    ['an unknown method', 'FROB /api/v2/medics/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown version', 'GET /api/v2/medics/ HTTP/9.9\r\nHost: x\r\n\r\n'],
    [
      'two Content-Length headers',
      'POST /api/v2/medics/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    ],
    ['an invalid Content-Length', 'POST /api/v2/medics/ HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n'],
    ['a header without a name', 'GET /api/v2/medics/ HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n'],
    ['no Host', 'GET /api/v2/medics/ HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ])('malformed HTTP is a 400 in JSON: %s', async (_, bytes) => {
    const response = (await sendRaw(service.client.url, bytes)).isError(400);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('x-request-id')).toMatch(REQUEST_ID);
  });

  test('CONNECT closes the connection without a response', async () => {
    const socket = await connectTo(service.client.url);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.write('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n');
    await once(socket, 'close');
    expect(received).toEqual([]);
  });

  test('a header section that is too large is a 431 in JSON', async () => {
    const headers = { 'X-Large': 'x'.repeat(20_000) };
    const response = await sendRaw(service.client.url, rawRequest('GET /api/v2/medics/', headers));
    response.isError(431);
    expect(response.headers.get('x-request-id')).toMatch(REQUEST_ID);
    const path = `/api/v2/medics/?x=${'x'.repeat(20_000)}`;
    (await sendRaw(service.client.url, rawRequest(`GET ${path}`, {}))).isError(431);
  });

  test('a malformed chunk of a body is a 400 in JSON', async () => {
    const { token } = await service.given.medic();
    const fields = ['Host: x', `Authorization: Token ${token}`, 'Content-Type: application/json'];
    const head = `POST /api/v2/hospital/ HTTP/1.1\r\n${fields.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    (await sendRaw(service.client.url, `${head}zz\r\nx\r\n`)).isError(400);
  });
});

test.each(['OPTIONS', 'GET'])('a %s of * is a 404 with the headers of every response', async (method) => {
  const { headers } = (await sendRaw(service.client.url, rawRequest(`${method} *`, {}))).isNotFound();
  expect(headers.get('x-request-id')).toMatch(REQUEST_ID);
  expect(headers.get('cache-control')).toBe('private, no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test.each(['9'.repeat(200), 'x'.repeat(10_000), '%', '%E0%A4%A', '..%2f..%2fetc', '%2e%2e', '\\', '<script>'])(
  'a malformed path is a 404: /medics/%s',
  async (id) => {
    const { token } = await service.given.medic();
    const request = rawRequest(`GET /api/v2/medics/${id}`, { Authorization: `Token ${token}` });
    (await sendRaw(service.client.url, request)).isNotFound();
  },
);

describe('the Host header', () => {
  const send = async (host: string) => {
    const { token } = await service.given.medic();
    const headers = { Authorization: `Token ${token}`, Host: host };
    return sendRaw(service.client.url, rawRequest('GET /api/v2/medics/?offset=1', headers));
  };

  test.each(['x', 'x:8080', 'api.example.org', '127.0.0.1:3000', '[::1]:3000', 'a_b-c'])(
    'the Host %s is accepted',
    async (host) => {
      const previous = `http://${host}/api/v2/medics/?limit=15&offset=0`;
      (await send(host)).isOk({ previous });
    },
  );

  test.each(['', '%00', 'a b', '[', '[::1', 'x:y', 'x:99999', 'a@b', '/', '?', 'a/b', 'http://x', '🏥'])(
    'a Host that no link could be built from is refused: %j',
    async (host) => {
      (await send(host)).isError(400, /Host/);
    },
  );
});

describe('HTTP/1.0 without a Host header', () => {
  const withPublicUrl = useService({ PUBLIC_URL: 'https://api.example.org' });

  const send = async (to: Service, line: string, fields: Record<string, string> = {}, body = '') => {
    const { token } = await to.given.medic();
    const headers = { Authorization: `Token ${token}`, ...fields };
    const request = rawRequest(line, headers, body).toString();
    return sendRaw(to.client.url, request.replace('HTTP/1.1', 'HTTP/1.0').replace('Host: localhost\r\n', ''));
  };

  test('HTTP/1.0 without a Host header is served if the response has no link', async () => {
    (await send(service, 'GET /api/v2/locations/')).isOk([]);
  });

  test.each(['/medics/', '/hospital/', '/management/memberships/'])(
    'HTTP/1.0 without a Host header is a 400 if the response has a link: %s',
    async (path) => {
      (await send(service, `GET /api/v2${path}`)).isError(400, /Host/);
    },
  );

  test('HTTP/1.0 without a Host header is served everywhere if PUBLIC_URL is set', async () => {
    const previous = 'https://api.example.org/api/v2/medics/?limit=15&offset=0';
    (await send(withPublicUrl, 'GET /api/v2/medics/?offset=1')).isOk({ previous });
  });

  test('a hospital is not stored if its response could not be written', async () => {
    const count = () => service.dataSource.query('SELECT count(*) FROM hospital');
    const before = await count();
    const fields = { 'Content-Type': 'application/json' };
    (await send(service, 'POST /api/v2/hospital/', fields, JSON.stringify(HOSPITAL))).isError(400, /Host/);
    expect(await count()).toEqual(before);
  });
});

describe('an incomplete body', () => {
  const head = async (): Promise<string> => {
    const { token } = await service.given.medic();
    const fields = ['Host: x', `Authorization: Token ${token}`, 'Content-Type: application/json'];
    return `POST /api/v2/hospital/ HTTP/1.1\r\n${fields.join('\r\n')}\r\nContent-Length: 1000\r\n\r\n{"name":"x"`;
  };

  test('nothing is stored if the client disconnects in the middle of a body', async () => {
    const before = await service.client.rows();
    const socket = await connectTo(service.client.url);
    socket.write(await head());
    socket.resetAndDestroy();
    await readResponse(socket).catch(() => undefined);
    const hospitals = (rows: string) => (JSON.parse(rows) as [{ hospital: unknown }])[0].hospital;
    expect(hospitals(await service.client.rows())).toEqual(hospitals(before));
  });

  test('a body that ends early is a 400 in JSON', async () => {
    const socket = await connectTo(service.client.url);
    const response = readResponse(socket);
    socket.end(await head());
    (await response).isError(400);
  });
});

test('a client that sends Expect: 100-continue is told to continue', async () => {
  const { token } = await service.given.medic();
  const body = JSON.stringify(HOSPITAL);
  const headers = { Authorization: `Token ${token}`, 'Content-Type': 'application/json', Expect: '100-continue' };
  const socket = await connectTo(service.client.url);
  socket.write(rawRequest('POST /api/v2/hospital/', { ...headers, 'Content-Length': String(body.length) }));
  const [told] = (await once(socket, 'data')) as [Buffer];
  expect(String(told)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  const response = readResponse(socket);
  socket.write(body);
  (await response).isCreated(HOSPITAL);
});
