import { useService } from '../support/service.js';
import { writesOf } from './writes.js';

const service = useService();

test('a creation and a change of type are one statement each', async () => {
  expect(await writesOf(service)).toEqual(['WITH', 'WITH']);
});
