import { repeatWithoutFastStore } from '../support/stores.js';

repeatWithoutFastStore(import.meta.url, ['editors.race', 'entity-tags', 'idempotency-key', 'if-match']);
