/** Upper bounds in round trips to the database; statements sent together are one round trip. */
export const READ = 2;
export const WRITE = 4;
/** Storing the response takes one more. */
export const STORED_WRITE = WRITE + 1;
