import { repeatWithoutFastStore } from '../support/stores.js';

repeatWithoutFastStore(import.meta.url, ['actors']);
