import { InvalidFields, WHOLE_INPUT } from '../../common/domain-error.js';

/** A request that HTTP itself refuses, before any rule of the contract is asked. */
export abstract class HttpError extends Error {
  abstract readonly statusCode: number;
  /** Header fields of the answer. */
  readonly headers: Readonly<Record<string, string>> = {};
}

/** The body is of a type that the endpoint does not read. */
export class UnsupportedMediaType extends HttpError {
  readonly statusCode = 415;

  constructor() {
    super('Unsupported media type; send application/json or application/x-www-form-urlencoded, not compressed.');
  }
}

/** The path is known, but not with this method. */
export class MethodNotAllowed extends HttpError {
  readonly statusCode = 405;
  override readonly headers: Readonly<Record<string, string>>;

  constructor(method: string, allow: string) {
    super(`Method ${method} is not allowed; use one of ${allow}.`);
    this.headers = { allow };
  }
}

/** The request does not say, or not rightly, which host it is for; no link could be built from that. */
export class InvalidHost extends InvalidFields {
  constructor() {
    const sentence = 'The Host header must name the host that the request is for.';
    super({ [WHOLE_INPUT]: [sentence] }, sentence);
  }
}

/** The client accepts nothing that the service can answer with. */
export class NotAcceptable extends HttpError {
  readonly statusCode = 406;

  constructor() {
    super('Only application/json can be answered; accept that.');
  }
}
