import { Module } from '@nestjs/common';
import { Draining } from '../http/server/draining.js';
import { HealthController } from './health.controller.js';

/** Liveness and readiness. */
@Module({ controllers: [HealthController], providers: [Draining] })
export class HealthModule {}
