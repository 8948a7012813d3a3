import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hash } from 'node:crypto';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The responses carry an entity tag, and GET honours `If-None-Match`. */
    isTagged?: boolean;
  }
}

/**
 * @param body the bytes of a response, or its JSON text
 * @returns its strong entity tag: a digest, in quotes
 */
function tagOfBody(body: string | Buffer): string {
  return `"${hash('sha256', body, 'base64url')}"`;
}

/** @returns the entity tag of the response whose body is this object */
export function entityTagOf(body: object): string {
  return tagOfBody(JSON.stringify(body));
}

/** An entity tag in a request header. */
export interface RequestTag {
  readonly isWeak: boolean;
  /** With its quotes. */
  readonly tag: string;
}

/** One tag of a list, after any empty elements (RFC 9110, sections 5.6.1 and 8.8.3). */
const ELEMENT = /[ \t,]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)/y;

/**
 * Reads the value of `If-Match` or `If-None-Match`.
 * @returns the tags; `*` stands for any; null if the value is malformed
 */
export function readTags(value: string): readonly RequestTag[] | '*' | null {
  const text = value.trim();
  if (text === '*') return '*';
  const tags: RequestTag[] = [];
  for (let end = 0; end < text.length;) {
    ELEMENT.lastIndex = end;
    const [element = '', weak, tag] = ELEMENT.exec(text) ?? [];
    // A list may end with empty elements.
    if (tag === undefined) return /^[ \t,]*$/.test(text.slice(end)) && tags.length > 0 ? tags : null;
    tags.push({ isWeak: weak !== undefined, tag });
    end += element.length;
  }
  return tags.length > 0 ? tags : null;
}

/**
 * Adds the `ETag` of every success of a tagged route, unless the handler has set one, and responds 304 to a GET or HEAD
 * whose client has the representation already (section 14 of the contract). Call it before routes are added.
 */
export function registerEntityTags(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.isTagged !== true) return;
    // Before Fastify's own hook of HEAD routes, which drops the body.
    route.onSend = [tagResponse, ...[route.onSend ?? []].flat()];
  });
}

function tagResponse(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  done: (error: null, body?: unknown) => void,
): void {
  if (reply.statusCode >= 300 || !(typeof body === 'string' || Buffer.isBuffer(body))) {
    done(null, body);
    return;
  }
  if (!reply.hasHeader('etag')) reply.header('etag', tagOfBody(body));
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || !isKnown(request.headers['if-none-match'], String(reply.getHeader('etag')))) {
    done(null, body);
    return;
  }
  reply.status(304).removeHeader('content-type');
  done(null, request.method === 'HEAD' ? body : null);
}

/**
 * Compares weakly, as RFC 9110 (section 13.1.2) says, and ignores a malformed header: the full response harms nobody.
 * @param header If-None-Match
 * @returns whether it names the current tag
 */
export function isKnown(header: string | undefined, current: string): boolean {
  if (header === undefined) return false;
  const tags = readTags(header);
  return tags === '*' || (tags?.some(({ tag }) => tag === current) ?? false);
}
