import { RecordReader } from '../../src/record/record-reader.js';
import { Sequencer } from '../../src/record/sequencer.js';
import { useService } from '../support/service.js';
import { isServer, POOLER_URL } from '../support/server.js';
import { listen } from '../support/statements.js';
import { until } from '../support/until.js';
import { expectSound } from './entries.js';

const service = useService();
const reader = () => service.app.get(RecordReader);
const isBehind = async () =>
  (await service.dataSource.query<[{ behind: boolean }]>('SELECT record_is_behind() AS behind'))[0].behind;
const toggle = () => service.dataSource.query('UPDATE hospital SET is_active = NOT is_active');

beforeAll(async () => {
  await service.given.hospital();
});

test('a process puts its own writes, and those of others, into the record without being asked', async () => {
  await service.given.hospital();
  await until(async () => !(await isBehind()) || undefined);
  await toggle();
  await until(async () => !(await isBehind()) || undefined);
  await expectSound(service.dataSource);
});

describe('without the background process', () => {
  beforeAll(() => service.app.get(Sequencer).onApplicationShutdown());

  test('a read that begins after a commit contains its entry', async () => {
    const before = await reader().head();
    await toggle();
    expect(await isBehind()).toBe(true);
    const { entries, next, head } = await reader().after({ after: before.position, limit: 10 });
    expect(entries).toHaveLength(head - before.position);
    expect(entries.length).toBeGreaterThan(0);
    expect([next, await isBehind()]).toEqual([head, false]);
  });

  test('a read is one statement if nothing waits, otherwise three', async () => {
    const count = async () => {
      let statements = 0;
      const stop = listen(() => (statements += 1));
      await reader().head().finally(stop);
      return statements;
    };
    await reader().head();
    expect(await count()).toBe(1);
    await toggle();
    expect(await count()).toBe(3);
  });

  test('entries are read by position, limited, filtered and found by id', async () => {
    const { head, origin } = await reader().after({ after: 0, limit: 1 });
    const all = await reader().after({ after: 0, limit: 1000 });
    expect(all.entries.map(({ position }) => position)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    const first = await reader().after({ after: 0, limit: 2 });
    expect(first).toEqual({ entries: all.entries.slice(0, 2), next: 2, head, origin });
    expect(await reader().after({ after: head, limit: 2 })).toEqual({ entries: [], next: head, head, origin });
    expect(await reader().after({ after: head + 7, limit: 2 })).toEqual({ entries: [], next: head + 7, head, origin });
    const types = ['membership.created', 'hospital.created'] as const;
    const { entries, next } = await reader().after({ after: 0, limit: 1000, types, hospital: 1 });
    expect(next).toBe(head);
    expect(entries.length).toBeGreaterThan(1);
    for (const { body } of entries) {
      const { type, hospital } = JSON.parse(body) as { type: 'membership.created'; hospital: number };
      expect([types.includes(type), hospital]).toEqual([true, 1]);
    }
    const { id } = JSON.parse(all.entries[0]?.body ?? '') as { id: string };
    expect([await reader().byId(id), await reader().at(1)]).toEqual([all.entries[0]?.body, all.entries[0]?.body]);
    expect(await reader().at(head + 1)).toBeUndefined();
  });

  // A pooler drops the timeout of statements, which an operator then sets on the role.
  (isServer && !(POOLER_URL in process.env) ? test : test.skip)(
    'a reader that cannot sequence in time fails as if the database were away',
    async () => {
      const other = await service.database.connect();
      await toggle();
      await other.query('BEGIN; SELECT FROM record_head FOR UPDATE');
      await expect(reader().head()).rejects.toMatchObject({ code: '57014' });
      await other.query('COMMIT');
      await other.end();
      expect((await reader().head()).position).toBeGreaterThan(0);
    },
  );
});
