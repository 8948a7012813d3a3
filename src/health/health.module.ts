import { Module } from '@nestjs/common';
import { Draining } from '../http/server/draining.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';
import { VersionController } from './version.controller.js';

@Module({ controllers: [HealthController, VersionController], providers: [Draining, Readiness] })
export class HealthModule {}
