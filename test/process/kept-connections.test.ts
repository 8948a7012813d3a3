import { once } from 'node:events';
import { useOperator } from '../support/cli.js';
import { useProcesses } from '../support/process.js';
import { connectTo } from '../support/raw.js';
import { until } from '../support/until.js';

/** Has a server collect its garbage at SIGUSR2, and print how many of its responses are still there. */
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

/** A medic's key. */
let token: string;
beforeAll(async () => {
  token = await operator.succeed('medic', 'create', '--name', 'A', '--email', 'a@example.org');
});

/** Sends requests over one connection, what follows a header once it is answered. @returns the statuses */
async function sendInParts(requests: readonly (readonly [head: string, body?: string])[]): Promise<string[]> {
  const server = start({
    ...operator.database.variables,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WATCH)}`,
  });
  const socket = await connectTo(await server.url());
  const statuses: string[] = [];
  for (const [head, body] of requests) {
    socket.write(`${head}\r\nHost: localhost\r\nAuthorization: Token ${token}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    statuses.push(answer.toString().slice(0, 12));
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

test('a connection that is kept keeps nothing of what it was answered', async () => {
  const list = ['GET /api/v2/management/memberships/ HTTP/1.1'] as const;
  expect(await sendInParts([list, list])).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('nor of what it was answered before its body had come', async () => {
  const head = 'POST /api/v2/hospital/ HTTP/1.1\r\nAccept: text/html\r\nContent-Length: 2';
  expect(await sendInParts([[head, '{}']])).toEqual(['HTTP/1.1 406']);
});
