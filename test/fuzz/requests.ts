import fc from 'fast-check';
import { bodyOf, type Body } from './bodies.js';
import { otherHeaders, senderOf, type Headers, type Sender } from './headers.js';
import { hostileQuery, hostileSegment } from './hostile.js';
import { isStandard, type Operation } from './operations.js';
import type { Scene } from './scene.js';
import { validValue, valueAt } from './values.js';

/** A request as sent. */
export interface FuzzRequest {
  /** The operation, or undefined if the document does not contain it. */
  readonly operation?: Operation;
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  /** Sends the base path in an equivalent spelling. */
  readonly isEncoded?: boolean;
  readonly sender: Sender;
  readonly headers: Headers;
  readonly body?: Buffer;
}

/** @returns requests to any operation of the document, and a few to undocumented ones */
export function requestOf(operations: readonly Operation[], scene: Scene): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(...operations.map((operation) => ({ weight: 4, arbitrary: requestOfOperation(operation, scene) })), {
    weight: 2,
    arbitrary: requestOfNone(operations, scene),
  });
}

function requestOfOperation(operation: Operation, scene: Scene): fc.Arbitrary<FuzzRequest> {
  const headMethods =
    operation.method === 'GET' ? ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD'] : [operation.method];
  return fc
    .record({
      method: fc.constantFrom(...headMethods),
      path: pathOf(operation, scene),
      query: queryOf(operation, scene),
      sender: senderOf(scene, isStandard(operation.path) ? 'service' : 'admin'),
      isEncoded: fc.integer({ min: 1, max: 20 }).map((number) => number === 1),
      others: otherHeaders,
      body: bodyOf(operation, scene),
    })
    .map(({ path, query, body, others, ...rest }) => ({
      ...rest,
      operation,
      target: query === '' ? path : `${path}?${query}`,
      ...withBody(others, body),
    }));
}

/** An undocumented path, or an undocumented method of a documented path. */
function requestOfNone(operations: readonly Operation[], scene: Scene): fc.Arbitrary<FuzzRequest> {
  const known = operations.map(({ path }) => path.replace(/\{\w+\}/, '1'));
  const methodsOf = (path: string) =>
    operations.filter((o) => o.path.replace(/\{\w+\}/, '1') === path).map((o) => o.method);
  const otherMethod = fc
    .tuple(fc.constantFrom('PUT', 'DELETE', 'POST', 'PATCH', 'TRACE', 'PROPFIND'), fc.constantFrom(...known))
    .filter(([method, path]) => !methodsOf(path).includes(method));
  const otherPath = fc.tuple(
    fc.constantFrom('GET', 'POST', 'DELETE'),
    hostileSegment.map((segment) => `/api/v2/nowhere/${segment}`),
  );
  return fc
    .record({ line: fc.oneof(otherMethod, otherPath), sender: senderOf(scene, 'admin') })
    .map(({ line: [method, target], sender }) => ({ method, target, sender, headers: {} }));
}

function withBody(others: Headers, body: Body | undefined): { headers: Headers; body?: Buffer } {
  if (body === undefined) return { headers: others };
  return {
    headers: { ...others, ...(body.type === undefined ? {} : { 'Content-Type': body.type }) },
    body: body.bytes,
  };
}

function pathOf({ method, path }: Operation, scene: Scene): fc.Arbitrary<string> {
  const slash = fc.constantFrom('', '/');
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const segments = names.map((name) => {
    const schema =
      name === 'id' ? { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 } : { type: 'string', minLength: 1 };
    const valid = validValue(schema, { method, path, name }, scene).map((value) =>
      encodeURIComponent(String(value).toWellFormed()),
    );
    return fc.oneof({ weight: 12, arbitrary: valid }, { weight: 1, arbitrary: hostileSegment });
  });
  return fc
    .tuple(fc.tuple(...segments), slash)
    .map(([values, end]) => values.reduce((text, value) => text.replace(/\{\w+\}/, () => value), path) + end);
}

function queryOf({ method, path, query }: Operation, scene: Scene): fc.Arbitrary<string> {
  const pairs = Object.entries(query).map(([name, schema]) =>
    fc.option(
      valueAt(schema, { method, path, name }, scene).map((value) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return `${name}=${encodeURIComponent(text.toWellFormed())}`;
      }),
      { freq: 2, nil: '' },
    ),
  );
  const all = fc.tuple(...pairs).map((texts) => texts.filter((text) => text !== '').join('&'));
  return fc.oneof({ weight: 20, arbitrary: all }, { weight: 1, arbitrary: hostileQuery });
}
