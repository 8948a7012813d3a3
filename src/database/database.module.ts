import { Global, Module } from '@nestjs/common';
import { Reads } from './reads.js';

/** Hands {@link Reads} to whoever reads. */
@Global()
@Module({ providers: [Reads], exports: [Reads] })
export class DatabaseModule {}
