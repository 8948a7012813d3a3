import type { FastifyRequest } from 'fastify';
import { InvalidHost } from './http-errors.js';

/**
 * @param publicUrl the setting `PUBLIC_URL`, where it is set
 * @returns the URL of the service as the client of a request sees it, without a slash at its end
 * @throws InvalidHost neither the setting nor the request names a host
 */
export function baseUrlOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl === undefined && !isHost(request.host)) throw new InvalidHost();
  const protocol = request.protocol.toLowerCase() === 'https' ? 'https' : 'http';
  return publicUrl ?? `${protocol}://${request.host}`;
}

/** @returns the absolute URL of a request as its client sees it, also where its target names a host itself */
export function urlOf(request: FastifyRequest, publicUrl: string | undefined): string {
  return `${baseUrlOf(request, publicUrl)}${request.originalUrl.replace(/^https?:\/\/[^/]*/i, '')}`;
}

/** @returns the path below which clients see the service, without a slash at its end */
export function publicPathOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/^\/$/, '');
}

/** The host that was found good last: most requests name the same one. */
let goodHost = '';

/** @returns whether a link can be built with the value of a Host header */
export function isHost(host: string): boolean {
  if (host === goodHost) return true;
  const isGood = /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`);
  if (isGood) goodHost = host;
  return isGood;
}
