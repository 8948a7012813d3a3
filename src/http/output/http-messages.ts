/** Messages of requests that are refused before the code of their route sees them, by status. */
export const HTTP_MESSAGES = {
  400: 'The request cannot be read; check its body and Content-Length.',
  408: 'The request did not arrive in time; send it again.',
  413: 'The body is too large; send at most 1 MB.',
  431: 'The request headers are too large; send at most 16 KB.',
} as const;
