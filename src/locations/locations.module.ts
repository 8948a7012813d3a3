import { Module } from '@nestjs/common';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { LocationsController } from './locations.controller.js';
import { LocationsService } from './locations.service.js';

@Module({ imports: [MembershipsModule], controllers: [LocationsController], providers: [LocationsService] })
export class LocationsModule {}
