import { TokenUsage } from '../../src/auth/token-usage.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import { useService } from '../support/service.js';

const service = useService();
const lastUses = async (medicId: number) =>
  (await service.app.get(TokensService).list(medicId)).map(({ last_used_at }) => last_used_at);

test('the last use of a key is noted without a write per request, and stored from time to time', async () => {
  const medic = await service.given.medic();
  await service.given.token(medic.id);
  (await medic.get('/locations')).isOk();
  expect(await lastUses(medic.id)).toEqual([null, null]);
  await service.app.get(TokenUsage).flush();
  const [used, unused] = await lastUses(medic.id);
  expect(used).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
  expect(unused).toBeNull();
});

test('what could not be stored is kept for the next time', async () => {
  const medic = await service.given.medic();
  (await medic.get('/locations')).isOk();
  const usage = service.app.get(TokenUsage);
  const query = jest.spyOn(service.dataSource, 'query').mockRejectedValueOnce(new Error('away'));
  await usage.flush();
  query.mockRestore();
  expect(service.log.at(-1)).toContain('could not be stored');
  await usage.flush();
  expect(await lastUses(medic.id)).toEqual([expect.any(String)]);
});
