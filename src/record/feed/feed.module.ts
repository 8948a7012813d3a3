import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { RecordModule } from '../record.module.js';
import { FeedController } from './feed.controller.js';
import { FeedService } from './feed.service.js';
import { Followers } from './followers.js';
import { HeadWatch } from './head-watch.js';

/** The feed of the record for service accounts. */
@Module({
  imports: [AuthModule, RecordModule],
  controllers: [FeedController],
  providers: [FeedService, Followers, HeadWatch],
  exports: [HeadWatch],
})
export class FeedModule {}
