import { ServiceUsage } from '../../src/auth/service-usage.js';
import { TokenUsage } from '../../src/auth/token-usage.js';
import { MembershipClock } from '../../src/record/membership-clock.js';
import { Sequencer } from '../../src/record/sequencer.js';
import { WebhookWorker } from '../../src/record/webhooks/worker.js';
import { ExpiredResponses } from '../../src/retries/expired-responses.js';
import type { Service } from './service.js';

/** Stops what the service sends to the database on its own, for tests that count or stop statements. */
export async function quieten({ app }: Pick<Service, 'app'>): Promise<void> {
  await app.get(TokenUsage).onApplicationShutdown();
  await app.get(ServiceUsage).onApplicationShutdown();
  await app.get(MembershipClock).onApplicationShutdown();
  await app.get(Sequencer).onApplicationShutdown();
  await app.get(ExpiredResponses).onApplicationShutdown();
  app.get(WebhookWorker).onModuleDestroy();
  await app.get(WebhookWorker).beforeApplicationShutdown();
}
