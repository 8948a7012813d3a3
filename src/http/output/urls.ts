import type { FastifyRequest } from 'fastify';
import { InvalidHost } from './http-errors.js';

/**
 * @param publicUrl the setting `PUBLIC_URL`
 * @returns the base URL of the service as the client sees it, without a trailing slash
 * @throws InvalidHost neither the setting nor the request names a host
 */
export function baseUrlOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl === undefined && !isHost(request.host)) throw new InvalidHost();
  const protocol = request.protocol.toLowerCase() === 'https' ? 'https' : 'http';
  return publicUrl ?? `${protocol}://${request.host}`;
}

/** @returns the absolute URL of a request as its client sees it, even if the request target is absolute already */
export function requestUrl(request: FastifyRequest, publicUrl: string | undefined): string {
  return `${baseUrlOf(request, publicUrl)}${request.originalUrl.replace(/^https?:\/\/[^/]*/i, '')}`;
}

/** @returns the path prefix of `PUBLIC_URL`, without a trailing slash */
export function publicPathOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/^\/$/, '');
}

/** The last valid host, because most requests name the same one. */
let lastValidHost = '';

/** @returns whether a link can be built from this Host header */
export function isHost(host: string): boolean {
  if (host === lastValidHost) return true;
  const isValid = /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`);
  if (isValid) lastValidHost = host;
  return isValid;
}
