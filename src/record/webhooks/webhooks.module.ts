import { Module } from '@nestjs/common';
import { ENVIRONMENT, type Environment } from '../../config/environment.js';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { SigningKeys } from '../evidence/signing-keys.js';
import { FeedModule } from '../feed/feed.module.js';
import { RecordModule } from '../record.module.js';
import { AddressRules } from './addresses.js';
import { authoritiesOf } from './authorities.js';
import { Delivery } from './delivery.js';
import { WebhookLeases } from './leases.js';
import { resolveWith } from './resolve.js';
import { WebhookSecrets } from './secrets.js';
import { RECEIVER_OPTIONS, type ReceiverOptions } from './receiver-connection.js';
import { WebhookWorker } from './worker.js';

/** Deliveries of the record to webhooks (contract, section 12). */
@Module({
  imports: [RecordModule, FeedModule, EvidenceModule],
  providers: [
    WebhookLeases,
    Delivery,
    WebhookWorker,
    { provide: WebhookSecrets, inject: [SigningKeys], useFactory: (keys: SigningKeys) => new WebhookSecrets(keys) },
    {
      provide: RECEIVER_OPTIONS,
      inject: [ENVIRONMENT],
      useFactory: ({ WEBHOOK_NETWORKS, WEBHOOK_CA_FILE }: Environment): ReceiverOptions => ({
        rules: new AddressRules(WEBHOOK_NETWORKS),
        resolve: resolveWith(),
        ca: authoritiesOf(WEBHOOK_CA_FILE),
      }),
    },
  ],
})
export class WebhooksModule {}
