import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { Page } from './pagination.js';

/** @returns the class that documents a page of `item`, named `<item>Page` */
export function PageResponse<T>(item: Type<T>): Type<Page<T>> {
  class Response implements Page<T> {
    @ApiProperty({ type: 'integer', minimum: 0, example: 1, description: 'Number of items in the whole list.' })
    count!: number;

    @ApiProperty({ type: 'string', format: 'uri', nullable: true, example: null, description: 'URL of the next page.' })
    next!: string | null;

    @ApiProperty({
      type: 'string',
      format: 'uri',
      nullable: true,
      example: null,
      description: 'URL of the previous page.',
    })
    previous!: string | null;

    @ApiProperty({ type: [item] })
    results!: T[];
  }
  Object.defineProperty(Response, 'name', { value: `${item.name.replace(/Response$/, '')}Page` });
  return Response;
}
