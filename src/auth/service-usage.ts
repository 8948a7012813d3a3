import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LastUse } from './last-use.js';

/** The last use of the service accounts' keys. */
@Injectable()
export class ServiceUsage extends LastUse {
  constructor(dataSource: DataSource) {
    super(dataSource, 'service_account', 'service accounts');
  }
}
