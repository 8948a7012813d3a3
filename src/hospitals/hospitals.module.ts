import { Module } from '@nestjs/common';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { HospitalsController } from './hospitals.controller.js';
import { HospitalsService } from './hospitals.service.js';

/** The places that medics prescribe from. */
@Module({ imports: [MembershipsModule], controllers: [HospitalsController], providers: [HospitalsService] })
export class HospitalsModule {}
