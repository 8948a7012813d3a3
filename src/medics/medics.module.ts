import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { MedicHospital } from './medic-hospital.js';
import { MedicsController } from './medics.controller.js';
import { MedicsReader } from './medics.reader.js';
import { MedicsService } from './medics.service.js';

/** The people, and the integrators' accounts, that act on the API. */
@Module({
  imports: [AuthModule, MembershipsModule],
  controllers: [MedicsController],
  providers: [MedicsService, MedicsReader, MedicHospital],
})
export class MedicsModule {}
