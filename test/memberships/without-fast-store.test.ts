import { useService, type Service } from '../support/service.js';
import { listen } from '../support/statements.js';
import { withoutFastStore } from '../support/stores.js';

const WRITES = ['BEGIN', 'COMMIT', 'INSERT', 'UPDATE', 'WITH'];

/** @returns the first word of each statement by which an ADMIN adds a MEMBER and makes another MEMBER an ADMIN */
async function writesOf(service: Service): Promise<string[]> {
  const { hospital, admin, outsider, membership } = await service.given.hospital();
  const words: string[] = [];
  const stop = listen((_, text) => words.push(text.trim().split(/\s/, 1)[0] ?? ''));
  try {
    (await admin.addMember(hospital, outsider, {}, { concurrent: true })).isCreated();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' }, { concurrent: true })).isCreated();
  } finally {
    stop();
  }
  return words.filter((word) => WRITES.includes(word));
}

describe('With the fast store', () => {
  const service = useService();

  test('a creation and a change of type are one statement each', async () => {
    expect(await writesOf(service)).toEqual(['WITH', 'WITH']);
  });
});

withoutFastStore(() => {
  describe('Without the fast store', () => {
    const service = useService();

    test('a creation and a change of type are one transaction each', async () => {
      expect(await writesOf(service)).toEqual(['BEGIN', 'INSERT', 'COMMIT', 'BEGIN', 'UPDATE', 'COMMIT']);
    });
  });

  describe.each([
    'acting-admins',
    'active-hospital',
    'create-membership',
    'delete-membership',
    'limited-memberships',
    'rules',
    'specification-page',
    'update-membership',
  ])('Without the fast store: %s', (suite) => {
    jest.requireActual(`./${suite}.test.ts`);
  });
});
