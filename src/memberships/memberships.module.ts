import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { HospitalMembershipsController } from './hospital-memberships.controller.js';
import { MembershipWriter } from './membership-writer.js';
import { MembershipsController } from './memberships.controller.js';
import { MembershipsReader } from './memberships.reader.js';
import { MembershipsService } from './memberships.service.js';
import { SingleStatementWrites } from './single-statement-writes.js';

/** Who belongs to which hospital, and with what right. */
@Module({
  imports: [AuthModule],
  controllers: [MembershipsController, HospitalMembershipsController],
  providers: [MembershipsService, MembershipsReader, MembershipWriter, SingleStatementWrites],
  exports: [MembershipWriter],
})
export class MembershipsModule {}
