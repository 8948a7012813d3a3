import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { MedicHospital } from './medic-hospital.js';
import { MedicsController } from './medics.controller.js';
import { MedicsReader } from './medics.reader.js';
import { MedicsService } from './medics.service.js';

/** Accounts of the API: people and integrators. */
@Module({
  imports: [AuthModule, MembershipsModule],
  controllers: [MedicsController],
  providers: [MedicsService, MedicsReader, MedicHospital],
})
export class MedicsModule {}
