import { ApiProperty } from '@nestjs/swagger';
import { PageResponse } from '../../http/output/page-response.js';

/** A medic as a search by email answers it. */
export class FoundMedicResponse {
  @ApiProperty({ type: 'integer', example: 2 })
  id!: number;

  @ApiProperty({ example: 'ana.nunez@example.org' })
  email!: string;
}

/** A page of medics that were found. */
export class FoundMedicPage extends PageResponse(FoundMedicResponse) {}
