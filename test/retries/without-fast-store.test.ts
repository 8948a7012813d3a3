import { withoutFastStore } from '../support/stores.js';

withoutFastStore(() => {
  describe.each(['editors.race', 'entity-tags', 'idempotency-key', 'if-match'])(
    'Without the fast store: %s',
    (suite) => {
      jest.requireActual(`./${suite}.test.ts`);
    },
  );
});
