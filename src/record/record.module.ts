import { Module } from '@nestjs/common';
import { RecordReader } from './record-reader.js';
import { Sequencer } from './sequencer.js';

/** The record of every change: see `docs/decisions/0020-record.md`. */
@Module({ providers: [RecordReader, Sequencer], exports: [RecordReader] })
export class RecordModule {}
