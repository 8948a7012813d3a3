import { OperatorError } from '../../common/errors.js';

/** A command names a webhook that does not exist. */
export class NoSuchWebhook extends OperatorError {
  constructor() {
    super('There is no webhook with this name; `webhook list` shows them all.');
  }
}

/** A command adds a webhook under a name that is in use. */
export class WebhookNameTaken extends OperatorError {
  constructor() {
    super('Another webhook has this name; choose another.');
  }
}

/** There are as many webhooks as a process can deliver to at once. */
export class TooManyWebhooks extends OperatorError {
  constructor(max: number) {
    super(`There are ${String(max)} webhooks, the maximum; remove one first.`);
  }
}

/** A command adds a webhook after a position that the record does not have. */
export class PositionBeyondHead extends OperatorError {
  /** @param head the last position of the record */
  constructor(head: number) {
    super(`--after must be a position from 0 to ${String(head)}, the last one of the record.`);
  }
}
