import { connectTo, readResponse } from '../support/raw.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';

const service = useService();

const FORGED = '{"level":50,"msg":"forged","medic":1}';
const SECRET = 'secret.of.nobody@example.org';

/** Text that could forge lines or colors in a log; sent as raw bytes, because an HTTP client would refuse it. */
const TEXTS = [
  `%0d%0a${FORGED}`,
  `%0a${FORGED}`,
  FORGED,
  `","level":50,"msg":"forged`,
  '\u001b[2J\u001b[31mforged',
  '%1b[2Jforged',
  '\u009b31mforged',
  '\u0085forged',
  '%e2%80%a8forged',
  '\\r\\nforged',
  '\t\bforged',
];

/** Sends raw bytes, waits for the end of the connection, and gives the service time to log. */
async function send(head: string): Promise<void> {
  const socket = await connectTo(service.client.url);
  socket.write(Buffer.from(head, 'latin1'));
  await readResponse(socket);
  const last = `last.${String(service.log.length)}`;
  await service.client.get('/medics/', { headers: { 'x-request-id': last } });
  await until(() => service.log.some((line) => line.includes(last)));
}

test.each(TEXTS)('hostile text in a request cannot break or forge a line of the log: %j', async (text) => {
  const { token } = await service.given.medic();
  const raw = text.replaceAll('%0d', '\r').replaceAll('%0a', '\n');
  const key = `Authorization: Token ${token}`;
  await send(
    `GET /api/v2/medics/${text.replace(/ /g, '%20')}?q=${text}${SECRET} HTTP/1.1\r\nHost: x\r\n${key}\r\nConnection: close\r\n\r\n`,
  );
  for (const name of [
    'X-Request-Id',
    'User-Agent',
    'Referer',
    'Authorization',
    'X-Forwarded-For',
    'Accept',
    'Host',
    'Content-Type',
  ]) {
    for (const value of [text, raw]) {
      const other = name === 'Authorization' ? 'X-Key: x' : key;
      await send(
        `POST /api/v2/medics/ HTTP/1.1\r\n${name}: ${value}${SECRET}\r\n${other}\r\nConnection: close\r\n\r\n`,
      );
    }
  }
  await send(`${text} /api/v2/medics/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  for (const line of service.log) {
    expect(line).toMatch(/^\{[^\r\n\u001b\u0085\u009b\u2028]*\}\n$/);
    expect((JSON.parse(line) as { level: number }).level).toBeLessThan(50);
    expect(line).not.toContain('forged');
    expect(line).not.toContain(SECRET);
    expect(line).not.toContain(token);
  }
});
