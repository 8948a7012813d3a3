import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { EvidenceModule } from '../record/evidence/evidence.module.js';
import { RecordModule } from '../record/record.module.js';
import { DecisionsController } from './decisions.controller.js';
import { DecisionsReader } from './decisions.reader.js';
import { DecisionsService } from './decisions.service.js';
import { Receipts } from './receipts.js';

/** What medics may do at hospitals, for internal services (contract, section 11). */
@Module({
  imports: [AuthModule, RecordModule, EvidenceModule],
  controllers: [DecisionsController],
  providers: [DecisionsReader, DecisionsService, Receipts],
})
export class DecisionsModule {}
