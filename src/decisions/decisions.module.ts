import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { EvidenceModule } from '../record/evidence/evidence.module.js';
import { RecordModule } from '../record/record.module.js';
import { DecisionsController } from './decisions.controller.js';
import { DecisionsReader } from './decisions.reader.js';
import { DecisionsService } from './decisions.service.js';
import { MetadataController } from './metadata.controller.js';
import { Receipts } from './receipts.js';
import { SearchController } from './search.controller.js';
import { SearchService } from './search.service.js';

/** Tells internal services what medics may do at hospitals (contract, section 11). */
@Module({
  imports: [AuthModule, RecordModule, EvidenceModule],
  controllers: [DecisionsController, SearchController, MetadataController],
  providers: [DecisionsReader, DecisionsService, Receipts, SearchService],
})
export class DecisionsModule {}
