import { useService } from '../support/service.js';
import { repeatWithoutFastStore } from '../support/stores.js';
import { writesOf } from './writes.js';

repeatWithoutFastStore(import.meta.url, [
  'acting-admins',
  'active-hospital',
  'create-membership',
  'delete-membership',
  'limited-memberships',
  'moving-flag',
  'rules',
  'specification-page',
  'update-membership',
  'waiting-flag',
]);

describe('Without the fast store', () => {
  const service = useService();

  test('a creation and a change of type are one transaction each', async () => {
    expect(await writesOf(service)).toEqual(['BEGIN', 'INSERT', 'COMMIT', 'BEGIN', 'UPDATE', 'COMMIT']);
  });
});
