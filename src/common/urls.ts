import type { FastifyRequest } from 'fastify';

/**
 * @param publicUrl the setting `PUBLIC_URL`, where it is set
 * @returns the URL of the service as the client of a request sees it, without a slash at its end
 */
export function baseUrlOf(request: FastifyRequest, publicUrl: string | undefined): string {
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
