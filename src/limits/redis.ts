import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

/**
 * Connects to the Redis of the setting `REDIS_URL`. It never holds a request up: while it is away each
 * command fails at once, and one line of the log says so for each time that it goes away.
 */
export async function connectRedis(url: string, logger: Logger): Promise<Redis> {
  // Only now: most services start without one, and the sooner for it.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    connectTimeout: 500,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  });
  let isAway = false;
  // Without a listener an error would end the process; what matters of it is that a new try follows.
  redis.on('error', () => undefined);
  redis.on('reconnecting', () => {
    if (!isAway)
      logger.warn(
        'Redis is away; until it is back requests are not limited, and failures are counted by each process for itself.',
      );
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.warn('Redis is back.');
    isAway = false;
  });
  return redis;
}
