import { ApiProperty } from '@nestjs/swagger';
import { PageResponse } from '../../http/output/page-response.js';

/** A medic in the result of a search by email. */
export class FoundMedicResponse {
  @ApiProperty({ type: 'integer', example: 2 })
  id!: number;

  @ApiProperty({ example: 'ana.nunez@example.org' })
  email!: string;
}

export class FoundMedicPage extends PageResponse(FoundMedicResponse) {}
