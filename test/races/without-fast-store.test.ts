import { withoutFastStore } from '../support/stores.js';

withoutFastStore(() => {
  describe.each([
    'forced-order.race',
    'medics.race',
    'memberships.race',
    'guards/acting-admin.guard',
    'guards/active-hospital.guard',
    'guards/changed-type.guard',
    'guards/duplicate-membership.guard',
    'guards/last-admin.guard',
    'guards/late-right.guard',
    'guards/limited.guard',
    'guards/lost-right.guard',
    'guards/version.guard',
  ])('Without the fast store: %s', (suite) => {
    jest.requireActual(`./${suite}.test.ts`);
  });
});
