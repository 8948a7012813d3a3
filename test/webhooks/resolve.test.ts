import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { resolveWith } from '../../src/record/webhooks/resolve.js';

/** @returns the address of a name server that receives questions and never answers, and how many it has received */
async function silentNameServer() {
  const socket = createSocket('udp4');
  const server = { address: '', questions: 0, close: () => socket.close() };
  socket.on('message', () => (server.questions += 1));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  server.address = `127.0.0.1:${String(socket.address().port)}`;
  return server;
}

test('a name server that is silent is a failure after a few seconds, and the system is not asked instead', async () => {
  const server = await silentNameServer();
  // The system knows this name.
  await expect(resolveWith([server.address])('localhost.')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  expect(server.questions).toBeGreaterThan(0);
  server.close();
});

test('a name that the name servers do not know is looked up in the hosts file', async () => {
  const server = await silentNameServer();
  const { address } = server;
  server.close();
  expect(await resolveWith([address])('localhost')).toEqual(expect.arrayContaining(['127.0.0.1']));
  await expect(resolveWith([address])('name.invalid')).rejects.toMatchObject({ code: expect.any(String) as string });
});
