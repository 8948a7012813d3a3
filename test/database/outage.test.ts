import { Logger } from '@nestjs/common';
import { afterEach, expect, test, vi } from 'vitest';
import { Outage } from '../../src/database/outage.js';

afterEach(() => {
  vi.restoreAllMocks();
});

test('work that fails again and again is in the log once, and once more after it has succeeded', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  const outage = new Outage('Sequencer', 'could not sequence the record');
  const refused = Object.assign(new Error('with an email of somebody'), { code: 'ECONNREFUSED' });
  outage.report(refused);
  outage.report(refused);
  expect(warn.mock.calls).toEqual([['could not sequence the record (ECONNREFUSED); trying again']]);
  outage.end();
  outage.report(new Error('no code'));
  expect(warn.mock.calls.slice(1)).toEqual([['could not sequence the record (no code); trying again']]);
});
