import { API } from '../support/client.js';
import type { ServedDocument } from '../support/document.js';
import { leaksIn } from './leaks.js';
import { isStandard } from './operations.js';
import type { FuzzRequest } from './requests.js';
import type { Reply } from './wire.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const PROBLEM_TYPE = 'application/problem+json';
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** @returns the problems of a response, whatever the request was; empty if there are none */
export function problemsOf(document: ServedDocument, request: FuzzRequest, reply: Reply): string[] {
  return [
    ...problemsOfStatus(reply),
    ...problemsOfBody(request, reply),
    ...problemsOfHeader(request, reply),
    ...againstDocument(document, request, reply),
    ...leaksIn(`${JSON.stringify(reply.headers)}\n${reply.text}`),
  ];
}

function problemsOfStatus({ status }: Reply): string[] {
  return status >= 500 ? [`It answers ${String(status)}.`] : [];
}

function problemsOfBody({ method, target }: FuzzRequest, { status, text, headers }: Reply): string[] {
  if (method === 'HEAD' || status === 204 || status === 304)
    return text === '' ? [] : ['There is a body where none may be.'];
  if (status < 400) return [];
  if (isStandard(target)) return problemsOfStandardError(text, headers);
  if (headers['content-type'] !== JSON_TYPE) return [`The error is of the type ${String(headers['content-type'])}.`];
  const { message } = Object(parsed(text)) as { message?: unknown };
  return typeof message === 'string' && message !== '' ? [] : ['The error has no message.'];
}

/** Errors from below the routes, such as a request that is not HTTP, have a message. */
function problemsOfStandardError(text: string, headers: Reply['headers']): string[] {
  const type = headers['content-type'] ?? '';
  if (type !== JSON_TYPE && type !== PROBLEM_TYPE) return [`The error is of the type ${type}.`];
  const { detail, error_description, message } = Object(parsed(text)) as Record<string, unknown>;
  const sentence = detail ?? error_description ?? message;
  return typeof sentence === 'string' && sentence !== '' ? [] : ['The error has no sentence.'];
}

function problemsOfHeader({ method, target, headers: sent }: FuzzRequest, { status, headers }: Reply): string[] {
  const problems: string[] = [];
  const must = (name: string, isRight: (value: string) => boolean) => {
    const value = headers[name];
    if (typeof value !== 'string' || !isRight(value)) problems.push(`${name} is ${JSON.stringify(value)}.`);
  };
  const given = sent['X-Request-Id'];
  must('x-request-id', (id) => (given !== undefined && REQUEST_ID.test(given) ? id === given : REQUEST_ID.test(id)));
  const scheme = isStandard(target) ? 'Bearer' : 'Token';
  if (status === 401) must('www-authenticate', (challenge) => challenge.split(' ')[0] === scheme);
  if (status === 405) must('allow', (methods) => methods !== '' && !methods.split(', ').includes(method));
  if (status === 429 || status === 503) must('retry-after', (seconds) => Number(seconds) >= 1);
  const isPicture = target.startsWith(`${API}/pictures/`) && status < 400;
  if (target.startsWith(API) && !isPicture) must('cache-control', (value) => value === 'private, no-store');
  if (status === 201 && method === 'POST' && target.includes('/management/'))
    must('location', (path) => path.startsWith(`${API}/`));
  if ('x-injected' in headers) problems.push('A header field was injected.');
  return problems;
}

function againstDocument(document: ServedDocument, { method, target }: FuzzRequest, { status, headers, text }: Reply) {
  try {
    document.check(method, target, status, headers['content-type'] ?? '', parsed(text));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
