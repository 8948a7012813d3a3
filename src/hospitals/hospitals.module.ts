import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { HospitalsController } from './hospitals.controller.js';
import { PicturesController } from './pictures.controller.js';
import { PicturesService } from './pictures.service.js';
import { HospitalsService } from './hospitals.service.js';

@Module({
  imports: [AuthModule, MembershipsModule],
  controllers: [HospitalsController, PicturesController],
  providers: [HospitalsService, PicturesService],
})
export class HospitalsModule {}
