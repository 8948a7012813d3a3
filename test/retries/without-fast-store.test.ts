import { withoutFastStore } from '../support/stores.js';

withoutFastStore(() => {
  describe.each(['entity-tags', 'if-match', 'editors.race'])('Without the fast store: %s', (suite) => {
    jest.requireActual(`./${suite}.test.ts`);
  });
});
