import { MembershipType } from '../../src/memberships/membership.entity.js';
import { by, keepAlive, send } from './exchange.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
test('flood', async () => {
  const agent = keepAlive();
  const processes = [scratch.process(), scratch.process()];
  const urls = await Promise.all(processes.map((process) => process.url()));
  for (const kind of ['conflict', 'create']) {
    for (let i = 0; i < 3; i += 1) {
      const { hospital, admin, member } = await scratch.given.hospital();
      const other = await scratch.given.medic();
      const adminship = await scratch.given.membership(other, hospital, { type: MembershipType.ADMIN, isActive: true });
      let done = false;
      let n = 0;
      const ids = (await scratch.query<{ id: number }>(
        `INSERT INTO medic (name,email,email_key) SELECT 'x', e, e FROM generate_series(1,3000) n, concat($1::text,'.',n,'@f') e RETURNING id`,
        [kind + String(i)],
      )).map((r) => r.id);
      const flood = urls.flatMap((url) => Array.from({ length: 10 }, async () => {
        while (!done) {
          const medic = kind === 'conflict' ? member.id : (ids.pop() ?? member.id);
          const { status } = await send(url, by(other, 'POST', '/management/memberships/', { medic, hospital }), agent);
          n += 1;
          if (status === 401) return;
        }
      }));
      await new Promise((r) => setTimeout(r, 300));
      const t = performance.now();
      const { status } = await send(urls[0] ?? '', by(admin, 'DELETE', `/management/memberships/${String(adminship)}`), agent);
      process.stdout.write(`${kind} ${String(status)} ${String(Math.round(performance.now() - t))} ms, ${String(n)} requests\n`);
      done = true;
      await Promise.all(flood);
    }
  }
});
