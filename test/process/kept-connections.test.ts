import { once } from 'node:events';
import { useOperator } from '../support/cli.js';
import { useProcesses } from '../support/process.js';
import { connectTo } from '../support/raw.js';
import { until } from '../support/until.js';

/** On SIGUSR2 the server collects garbage and prints how many responses are still in memory. */
const WATCH = `
  import { subscribe } from 'node:diagnostics_channel';
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  const responses = [];
  subscribe('http.server.request.start', ({ response }) => responses.push(new WeakRef(response)));
  process.on('SIGUSR2', () => {
    collectGarbage();
    const kept = responses.filter((response) => response.deref() !== undefined);
    process.stdout.write('kept ' + kept.length + ' of ' + responses.length + '\\n');
  });`;

const start = useProcesses();

const operator = useOperator();

let token: string;
beforeAll(async () => {
  token = await operator.succeed('medic', 'create', '--name', 'A', '--email', 'a@example.org');
});

/** Sends requests over one connection, and each body only after the response to its header. @returns the statuses */
async function sendInParts(requests: readonly (readonly [head: string, body?: string])[]): Promise<string[]> {
  const server = start({
    ...operator.database.variables,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WATCH)}`,
  });
  const socket = await connectTo(await server.url());
  const statuses: string[] = [];
  for (const [head, body] of requests) {
    socket.write(`${head}\r\nHost: localhost\r\nAuthorization: Token ${token}\r\n\r\n`);
    const [response] = (await once(socket, 'data')) as [Buffer];
    statuses.push(response.toString().slice(0, 12));
    if (body !== undefined) socket.write(body);
  }
  await until(() => {
    server.signal('SIGUSR2');
    return /kept 0 of [1-9]/.test(server.output);
  });
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  return statuses;
}

test('a persistent connection does not keep its responses in memory', async () => {
  const list = ['GET /api/v2/management/memberships/ HTTP/1.1'] as const;
  expect(await sendInParts([list, list])).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('a persistent connection does not keep a response in memory that was sent before the body arrived', async () => {
  const head = 'POST /api/v2/hospital/ HTTP/1.1\r\nAccept: text/html\r\nContent-Length: 2';
  expect(await sendInParts([[head, '{}']])).toEqual(['HTTP/1.1 406']);
});
