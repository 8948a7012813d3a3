import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuthModule } from '../../auth/auth.module.js';
import { ENVIRONMENT, type Environment } from '../../config/environment.js';
import { EmbeddedDataSource } from '../../database/embedded-data-source.js';
import { RecordModule } from '../record.module.js';
import { Evidence } from './evidence.js';
import { EvidenceController } from './evidence.controller.js';
import { KeySetController } from './key-set.controller.js';
import { SigningKeys } from './signing-keys.js';
import { Tiles } from './tiles.js';

/** Checkpoints, tiles and proofs of the record, and the keys that sign them (section 13 of the contract). */
@Module({
  imports: [AuthModule, RecordModule],
  controllers: [EvidenceController, KeySetController],
  providers: [
    Evidence,
    Tiles,
    {
      provide: SigningKeys,
      inject: [ENVIRONMENT, DataSource],
      useFactory: ({ SIGNING_KEY_FILE }: Environment, dataSource: DataSource) =>
        signingKeysOf(SIGNING_KEY_FILE, dataSource),
    },
  ],
  exports: [SigningKeys],
})
export class EvidenceModule {}

/**
 * @param file the setting `SIGNING_KEY_FILE`
 * @returns the keys of the service on this database
 * @throws UnusableKeyFile
 */
export function signingKeysOf(file: string | undefined, dataSource: DataSource): SigningKeys {
  return SigningKeys.open(file, dataSource instanceof EmbeddedDataSource ? dataSource.path : undefined);
}
