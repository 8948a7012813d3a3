import { TokenUsage } from '../../src/auth/token-usage.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const service = useService();
const lastUses = async (medicId: number) =>
  (await service.app.get(TokensService).list(medicId)).map(({ last_used_at }) => last_used_at);

test('the last use of a key is stored periodically, without a write per request', async () => {
  const medic = await service.given.medic();
  await service.given.token(medic.id);
  (await medic.get('/locations')).isOk();
  expect(await lastUses(medic.id)).toEqual([null, null]);
  await service.app.get(TokenUsage).flush();
  const [used, unused] = await lastUses(medic.id);
  expect(used).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
  expect(unused).toBeNull();
});

test('a last use that could not be stored is stored the next time', async () => {
  const medic = await service.given.medic();
  (await medic.get('/locations')).isOk();
  const usage = service.app.get(TokenUsage);
  const runner = vi.spyOn(service.dataSource, 'createQueryRunner').mockImplementationOnce(() => {
    throw new Error('away');
  });
  await usage.flush();
  runner.mockRestore();
  expect(service.log.at(-1)).toContain('could not store last_used_at');
  await usage.flush();
  expect(await lastUses(medic.id)).toEqual([expect.any(String)]);
});

describe('the schedule', () => {
  const usage = () => new TokenUsage(service.dataSource);
  const tokenOf = async (medicId: number) => (await service.app.get(TokensService).list(medicId))[0]?.id ?? 0;
  afterEach(() => vi.useRealTimers());

  test('the last use of a key is stored every minute after the start', async () => {
    const medics = [await service.given.medic(), await service.given.medic()];
    const noted = usage();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    noted.onApplicationBootstrap();
    for (const { id } of medics) {
      noted.note(await tokenOf(id));
      vi.advanceTimersByTime(59_999);
      expect(await lastUses(id)).toEqual([null]);
      vi.advanceTimersByTime(1);
      await until(async () => (await lastUses(id))[0] !== null);
    }
    await noted.onApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the last use of a key is stored when the service stops', async () => {
    const { id } = await service.given.medic();
    const noted = usage();
    noted.note(await tokenOf(id));
    await noted.onApplicationShutdown();
    expect(await lastUses(id)).toEqual([expect.any(String)]);
  });

  test('if no key was used, no statement is sent', async () => {
    const runner = vi.spyOn(service.dataSource, 'createQueryRunner');
    await usage().flush();
    expect(runner).not.toHaveBeenCalled();
    runner.mockRestore();
  });
});
