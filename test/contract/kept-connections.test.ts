import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectTo } from '../support/raw.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';

const service = useService();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a connection that is kept keeps nothing of what it was answered', async () => {
  const { hospital, admin } = await service.given.hospital();
  const answered: WeakRef<ServerResponse>[] = [];
  service.app.getHttpServer().on('request', (_, response) => answered.push(new WeakRef(response)));
  const socket = await connectTo(service.client.url);
  for (const path of [`memberships/${String(hospital)}`, 'management/memberships/']) {
    socket.write(`GET /api/v2/${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token ${admin.token}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  }
  expect(answered).toHaveLength(2);
  await until(() => {
    collectGarbage();
    return answered.every((response) => response.deref() === undefined);
  });
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});
