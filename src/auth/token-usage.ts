import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LastUse } from './last-use.js';

/** The last use of the medics' keys. */
@Injectable()
export class TokenUsage extends LastUse {
  constructor(dataSource: DataSource) {
    super(dataSource, 'api_token', 'tokens');
  }
}
