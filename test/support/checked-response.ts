/** A response of the service, with the contract's statuses as assertions. */
export class CheckedResponse {
  private constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly text: string,
    readonly json: unknown,
  ) {}

  static async of(response: Response): Promise<CheckedResponse> {
    const text = await response.text();
    const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers.get('content-type') ?? '') && text !== '';
    return new CheckedResponse(response.status, response.headers, text, isJson ? JSON.parse(text) : undefined);
  }

  /** @returns the body, for tests that inspect it */
  body<T = Record<string, unknown>>(): T {
    return this.json as T;
  }

  /** Fails the test unless the status is equal and the body matches. */
  is(status: number, body?: unknown): this {
    expect({ status: this.status, body: this.json }).toMatchObject({ status, ...(body === undefined ? {} : { body }) });
    return this;
  }

  isOk(body?: unknown): this {
    return this.is(200, body);
  }

  isCreated(body?: unknown): this {
    return this.is(201, body);
  }

  /** Asserts a 401 with one of the contract's two messages. */
  isRefused(message: 'Invalid Token' | 'Unauthorized Medic'): this {
    expect({ status: this.status, body: this.json, scheme: this.headers.get('www-authenticate') }).toEqual({
      status: 401,
      body: { message },
      scheme: 'Token',
    });
    return this;
  }

  isNotFound(message = 'Not found'): this {
    expect({ status: this.status, body: this.json }).toEqual({ status: 404, body: { message } });
    return this;
  }

  /** Asserts an error with this status and a matching message. */
  isError(status: number, message: string | RegExp = /./): this {
    return this.is(status, { message: expect.stringMatching(message) as string });
  }

  isConflict(message: string | RegExp): this {
    return this.isError(409, message);
  }

  /** Asserts a 400 with `errors` for exactly these fields. */
  isInvalid(...fields: string[]): this {
    this.is(400, { message: expect.any(String) as string });
    expect(Object.keys((this.json as { errors: object }).errors).sort()).toEqual(fields.sort());
    return this;
  }
}
