import { Module } from '@nestjs/common';
import { HistoryController } from './history.controller.js';
import { HistoryReader } from './history.reader.js';
import { MembershipClock } from './membership-clock.js';
import { Past } from './past.js';
import { RecordReader } from './record-reader.js';
import { Sequencer } from './sequencer.js';

/** The record of every change: see `docs/decisions/0020-record.md`. */
@Module({
  controllers: [HistoryController],
  providers: [RecordReader, Sequencer, MembershipClock, HistoryReader, Past],
  exports: [RecordReader, Past],
})
export class RecordModule {}
