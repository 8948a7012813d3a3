/** For {@link Answers}: the 404 of an operation that names a row in its path. */
export const NOT_FOUND = {
  404: { 'It does not exist, or you may not know of it.': { message: 'Not found' } },
};
