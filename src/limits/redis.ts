import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

/**
 * Connects to Redis without ever delaying a request: while Redis is unavailable, each command fails at once, and
 * each outage is logged once. The first attempt may fail unnoticed, because the start of the process keeps it busy for
 * longer than the timeout.
 * @param url the setting `REDIS_URL`
 */
export async function connectRedis(url: string, logger: Logger): Promise<Redis> {
  // Loaded on demand, because most installations start faster without it.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    connectTimeout: 500,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  });
  let isFirstAttempt = true;
  let isUnavailable = false;
  // Without a listener an error would end the process. The client reconnects by itself.
  redis.on('error', () => undefined);
  redis.on('reconnecting', () => {
    if (!isFirstAttempt && !isUnavailable) {
      isUnavailable = true;
      logger.warn(
        'Redis is unavailable. Until it is back, requests are limited per account only, and each process enforces the limits on its own.',
      );
    }
    isFirstAttempt = false;
  });
  redis.on('ready', () => {
    isFirstAttempt = false;
    if (isUnavailable) logger.warn('Redis is available again.');
    isUnavailable = false;
  });
  return redis;
}
