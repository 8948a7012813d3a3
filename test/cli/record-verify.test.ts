import { createPrivateKey, sign } from 'node:crypto';
import { useOperator } from '../support/cli.js';
import { keep, putBack, withoutTriggers } from '../support/kept-record.js';
import { newPem, useFolder, write } from '../support/key-files.js';

const folder = useFolder();
const operator = useOperator();
const pem = newPem();

interface Verified {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

let intact: Verified;
let keyId: Buffer;

beforeAll(async () => {
  const SIGNING_KEY_FILE = write(folder, 'key.pem', pem);
  Object.assign(operator.database.variables, { SIGNING_KEY_FILE });
  await operator.look(async (dataSource) => {
    await dataSource.query(
      `WITH place AS (INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'H', 'M', '81') RETURNING id),
         added AS (
           INSERT INTO medic (name, email, email_key)
           SELECT 'Medic', email, email FROM generate_series(1, 300) n, concat(n, '@example.org') email RETURNING id)
       INSERT INTO membership (medic_id, hospital_id, type, is_active) SELECT added.id, place.id, 'MEMBER', true FROM added, place`,
    );
    await keep(dataSource);
  });
  intact = await operator.json<Verified>('record', 'verify');
  keyId = Buffer.from((await operator.succeed('record', 'key')).split('+')[1] ?? '', 'hex');
});

const query = (sql: string) => operator.look((dataSource) => dataSource.query(sql));

/** @returns the path of a checkpoint as a service with the key would have signed it */
function checkpoint(changes: Partial<Verified> = {}, key = pem): string {
  const { origin, size, root } = { ...intact, ...changes };
  const text = `${origin}\n${String(size)}\n${root}\n`;
  const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), createPrivateKey(key))]).toString('base64');
  return write(folder, `${String(Math.random())}.txt`, `${text}\n— ${origin} ${signature}\n`);
}

describe('record verify', () => {
  test('names the size and the root of an intact record', async () => {
    expect(intact.size).toBe(601);
    expect(await operator.succeed('record', 'verify')).toBe(
      `The record ${intact.origin} is intact: 601 entries, root ${intact.root}.`,
    );
  });

  test('accepts earlier checkpoints, of any size', async () => {
    const empty = checkpoint({ size: 0, root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' });
    await operator.succeed('record', 'verify', '--checkpoint', checkpoint(), '--checkpoint', empty);
  });

  test.each([
    ['another root', { root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }, /the first 601 entries are not those/],
    ['more entries', { size: 602 }, /the checkpoint has 602 entries, but the record has only 601/],
    ['fewer entries', { size: 600 }, /the first 600 entries are not those/],
    ['another origin', { origin: 'example.org/other' }, /is of the origin example\.org\/other/],
  ])('refuses a checkpoint with %s', async (_, changes, message) => {
    const file = checkpoint(changes);
    const err = await operator.fail('record', 'verify', '--checkpoint', checkpoint(), '--checkpoint', file);
    expect(err).toMatch(/^The record is not intact\.\n[^\n]+\n$/);
    expect(err).toContain(`${file}: `);
    expect(err).toMatch(message);
  });

  test('refuses a checkpoint with a wrong signature', async () => {
    const file = checkpoint({}, newPem());
    expect(await operator.fail('record', 'verify', '--checkpoint', file)).toContain(
      'the signature of the checkpoint is wrong',
    );
  });

  test('refuses files that are no checkpoints', async () => {
    const file = write(folder, 'text.txt', 'Hello.\n');
    expect(await operator.fail('record', 'verify', '--checkpoint', file)).toContain('--checkpoint');
    expect(await operator.fail('record', 'verify', '--checkpoint', `${file}.none`)).toContain(
      'cannot be read (ENOENT)',
    );
  });
});

describe('record verify finds what a superuser has changed:', () => {
  afterEach(() => operator.look(putBack));

  const SHA = `sha256('x')`;
  const REQUEST = `replace(body, '"request":null', '"request":"x"')`;
  test.each([
    [
      'an entry',
      `UPDATE record_entry SET body = ${REQUEST} WHERE position = 100`,
      'position 100: the entry does not have the hash that its tile contains.',
    ],
    [
      'an entry of the last tile',
      `UPDATE record_entry SET body = ${REQUEST} WHERE position = 530`,
      'positions 513 to 576: the entries do not have the hash that the head contains.',
    ],
    [
      'the last entry',
      `UPDATE record_entry SET body = ${REQUEST} WHERE position = 601`,
      'positions 601 to 601: the entries do not have the hash that the head contains.',
    ],
    [
      'a column of an entry',
      `UPDATE record_entry SET at = at - interval '1 day', medic = 7 WHERE position = 70`,
      'position 70: the entry differs from its columns: at, medic.',
    ],
    ['an entry that was removed', 'DELETE FROM record_entry WHERE position = 50', 'position 50: the entry is missing.'],
    [
      'the last entry, removed',
      'DELETE FROM record_entry WHERE position = 601',
      'position 601: the entry is missing; the head is at 601.',
    ],
    [
      'an entry that was added',
      `INSERT INTO record_entry SELECT 602, gen_random_uuid(), at, subject, type, membership, medic, hospital, body FROM record_entry WHERE position = 601`,
      'position 602: the entry differs from its columns: position, id.',
    ],
    [
      'an entry before the first',
      `INSERT INTO record_entry SELECT 0, gen_random_uuid(), at, subject, type, membership, medic, hospital, body FROM record_entry WHERE position = 601`,
      'position 0: there must be no entry.',
    ],
    [
      'a body that is no JSON',
      `UPDATE record_entry SET body = 'x' WHERE position = 3`,
      'position 3: the entry differs from its columns: body.',
    ],
    [
      'a hash of a tile',
      `UPDATE record_tile SET hashes = overlay(hashes PLACING ${SHA} FROM 33) WHERE number = 1`,
      'position 258: the entry does not have the hash that its tile contains.',
    ],
    [
      'the root of a tile',
      `UPDATE record_tile SET root = ${SHA} WHERE number = 1`,
      'tile 1 of level 0 has a wrong root.',
    ],
    ['a tile that was removed', 'DELETE FROM record_tile WHERE number = 0', 'tile 0 of level 0 is missing.'],
    [
      'a tile that was added',
      'INSERT INTO record_tile SELECT level, 7, hashes, root FROM record_tile WHERE number = 0',
      'level 0 has tiles that no entries belong to.',
    ],
    [
      'the head',
      `UPDATE record_head SET peaks[10] = ${SHA}`,
      'positions 1 to 512: the entries do not have the hash that the head contains.',
    ],
    [
      'the position of the head',
      'UPDATE record_head SET position = 600',
      'position 601: the entry is beyond the head.',
    ],
  ])('%s', async (_, sql, sentence) => {
    await query(sql);
    const err = await operator.fail('record', 'verify');
    expect(err.split('\n').slice(0, 2)).toEqual(['The record is not intact.', sentence]);
  });

  test('rows that were changed or removed while triggers were off', async () => {
    await operator.look((dataSource) =>
      withoutTriggers(dataSource, async () => {
        await dataSource.query(`UPDATE membership SET type = 'ADMIN' WHERE id = 5`);
        await dataSource.query('DELETE FROM membership WHERE id = 6');
      }),
    );
    const state = (type: string) => `{"type_membership":"${type}","is_active":true,"is_deleted":false}`;
    expect(await operator.fail('record', 'verify')).toBe(
      `The record is not intact.
membership 5: the record says ${state('MEMBER')}, but the table has ${state('ADMIN')}.
membership 6: the record says ${state('MEMBER')}, but the table has no row.\n`,
    );
  });

  test('a record that was rewritten completely, if somebody kept a checkpoint', async () => {
    const [early, kept] = [checkpoint({ size: 0, root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }), checkpoint()];
    await query(`UPDATE record_entry SET body = ${REQUEST} WHERE position = 100`);
    await operator.succeed('record', 'restart');
    await query(`UPDATE record_head SET origin = '${intact.origin}'`);
    expect((await operator.json<Verified>('record', 'verify')).root).not.toBe(intact.root);
    await operator.succeed('record', 'verify', '--checkpoint', early);
    const err = await operator.fail('record', 'verify', '--checkpoint', kept);
    expect(err).toContain(`${kept}: the first 601 entries are not those of this checkpoint`);
  });
});

describe('record restart', () => {
  afterEach(() => operator.look(putBack));

  test('gives the record a new origin over the same entries', async () => {
    const kept = checkpoint();
    const { origin, size } = await operator.json<Verified>('record', 'restart');
    expect([origin === intact.origin, size]).toEqual([false, intact.size]);
    expect(await operator.json('record', 'verify')).toEqual({ ...intact, origin });
    expect(await operator.fail('record', 'verify', '--checkpoint', kept)).toContain(`has the origin ${origin}`);
  });

  test('changes nothing if an entry is missing', async () => {
    await query('DELETE FROM record_entry WHERE position = 300');
    expect(await operator.fail('record', 'restart')).toBe(
      'The record has no valid entry at position 300; restore the database from a backup first.\n',
    );
    const [head] = await query('SELECT origin, position::integer FROM record_head');
    expect(head).toEqual({ origin: intact.origin, position: intact.size });
    expect(await query('SELECT count(*)::integer AS tiles FROM record_tile')).toEqual([{ tiles: 2 }]);
  });
});

test('record verify names an entry that was removed even if the record accepts no others since', async () => {
  await query('DELETE FROM record_entry WHERE position = 600');
  // The tile of the missing entry cannot be completed.
  await operator.look(async (dataSource) => {
    for (let change = 0; change < 170; change += 1)
      await dataSource.query('UPDATE medic SET is_active = NOT is_active WHERE id = 1');
  });
  expect(await operator.fail('record', 'verify')).toMatch(
    /^The record is not intact\.\nposition 600: the entry is missing\.\n/,
  );
});
