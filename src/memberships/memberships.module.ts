import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { RecordModule } from '../record/record.module.js';
import { BulkMembershipsController } from './bulk/bulk.controller.js';
import { FAST_MEMBERSHIP_STORE } from './fast-membership-store.js';
import { HospitalMembershipsController } from './hospital-memberships.controller.js';
import { MEMBERSHIP_STORE } from './membership-store.js';
import { MembershipWriter } from './membership-writer.js';
import { MembershipsController } from './memberships.controller.js';
import { MembershipsReader } from './memberships.reader.js';
import { MembershipsService } from './memberships.service.js';
import { PastMembershipsReader } from './past-memberships.reader.js';
import { TransactionalMembershipStore } from './transactional-membership-store.js';

/** Who belongs to which hospital, and with what right. */
@Module({
  imports: [AuthModule, RecordModule],
  controllers: [BulkMembershipsController, MembershipsController, HospitalMembershipsController],
  providers: [
    MembershipsService,
    MembershipsReader,
    PastMembershipsReader,
    MembershipWriter,
    TransactionalMembershipStore,
    { provide: MEMBERSHIP_STORE, useExisting: TransactionalMembershipStore },
    // Only faster: of two providers with the same token, Nest uses the last.
    FAST_MEMBERSHIP_STORE,
  ],
  exports: [MembershipWriter],
})
export class MembershipsModule {}
