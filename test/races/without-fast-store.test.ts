import { repeatWithoutFastStore } from '../support/stores.js';

repeatWithoutFastStore(import.meta.url, [
  'forced-order.race',
  'medics.race',
  'memberships.race',
  'record.race',
  'guards/acting-admin.guard',
  'guards/active-hospital.guard',
  'guards/bulk.guard',
  'guards/changed-type.guard',
  'guards/closed-account.guard',
  'guards/duplicate-membership.guard',
  'guards/ended-right.guard',
  'guards/last-admin.guard',
  'guards/late-right.guard',
  'guards/limited.guard',
  'guards/lost-right.guard',
  'guards/version.guard',
]);
