import type { FastifyContextConfig } from 'fastify';
import { DomainError, InvalidInput } from '../../common/errors.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const ALTERNATIVES = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** The endpoint does not accept bodies of this media type. */
export class UnsupportedMediaType extends DomainError {
  readonly kind = 'unsupported media type';

  /** @param config of the route, which may accept further types than JSON and forms, or only one of these */
  constructor({ readCsv, acceptsUploads, onlyJson, onlyForm }: FastifyContextConfig = {}) {
    const json = onlyForm === true ? [] : [JSON_TYPE];
    const form = onlyJson === true ? [] : [FORM_TYPE];
    const csv = readCsv === undefined ? [] : ['text/csv'];
    const uploads = acceptsUploads === true ? ['multipart/form-data'] : [];
    const types = ALTERNATIVES.format([...json, ...form, ...csv, ...uploads]);
    super(`Unsupported media type; send ${types}, not compressed.`);
  }
}

/** The path exists, but does not support this method. */
export class MethodNotAllowed extends DomainError {
  readonly kind = 'method not allowed';

  /** @param allow the supported methods, separated by commas */
  constructor(method: string, allow: string) {
    super(`Method ${method} is not allowed; use one of ${allow}.`, {}, { allow });
  }
}

/** The Host header is missing or malformed, so no link can be built from it. */
export class InvalidHost extends InvalidInput {
  constructor() {
    super('The Host header must name the host of this service.');
  }
}

/** The resource has changed since the client read the version that `If-Match` names. */
export class PreconditionFailed extends DomainError {
  readonly kind = 'precondition failed';

  constructor() {
    super('It has changed since you read it; get it again, and repeat the change if it still applies.');
  }
}

/** The client accepts no media type that the service can return. */
export class NotAcceptable extends DomainError {
  readonly kind = 'not acceptable';

  /** @param types that are available, as a list in words */
  constructor(types = 'application/json') {
    super(`Only ${types} ${types.includes(' ') ? 'are' : 'is'} available; set Accept accordingly.`);
  }
}
