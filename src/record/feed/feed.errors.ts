import { DomainError, InvalidFields, TooManyRequests } from '../../common/errors.js';

/** The position to read after is malformed, or beyond the end of the record. */
export class InvalidPosition extends InvalidFields {
  /**
   * @param field that holds the position: `after` or `Last-Event-ID`
   * @param head the last position of the record
   */
  constructor(field: string, head: number) {
    const sentence = `Must be a position: a whole number from 0 to ${String(head)}, the last one of the record.`;
    super({ [field]: [sentence] }, undefined, { head });
  }
}

/** `id` was sent without the position of its entry. */
export class IdWithoutPosition extends InvalidFields {
  constructor() {
    super({ id: ['Must be sent together with `after`, the position of the entry, which is at least 1.'] });
  }
}

/** The record is not the one that the reader has read so far. */
export class AnotherRecord extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super(
      'The record has been replaced: the entry at this position is another one. Discard what was read, and read from 0.',
    );
  }
}

/** Too many event streams and waiting requests are open. */
export class TooManyFollowers extends TooManyRequests {
  /** @param whose "your" or "all" */
  constructor(whose: 'your' | 'all') {
    super(
      RETRY_SECONDS,
      whose === 'your'
        ? `Your account has too many open event streams and waiting requests; close some, or try again in ${String(RETRY_SECONDS)} s.`
        : `This process has too many open event streams and waiting requests; try again in ${String(RETRY_SECONDS)} s, or read without \`wait\`.`,
    );
  }
}

/** In seconds. Streams last long, so trying again sooner would rarely succeed. */
const RETRY_SECONDS = 5;
