import { ApiProperty } from '@nestjs/swagger';
import { Field, idType } from '../../http/input/fields.js';

export class LocationHospitalResponse {
  @ApiProperty({ type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({ example: 'Hospital San José' })
  name!: string;

  @ApiProperty({ example: 'Av. Morones Prieto 3000, Monterrey, N.L.' })
  location!: string;
}

/** A hospital that the medic may prescribe from. */
export class LocationResponse {
  @ApiProperty({ type: LocationHospitalResponse })
  hospital!: LocationHospitalResponse;

  @ApiProperty({ example: true, description: 'Whether this is your current active hospital.' })
  default!: boolean;

  @ApiProperty({ type: 'array', items: {}, maxItems: 0, example: [], description: 'Always empty.' })
  clinics!: never[];
}

/** Selects the active hospital. */
export class UpdateLocationDto {
  @Field(idType, { required: true, example: 1, description: 'Id of one of your hospitals.' })
  hospital_id!: number;
}

/** Confirms the change of the active hospital. */
export class LocationUpdatedResponse {
  @ApiProperty({ example: 'Hospital updated successfully' })
  message!: string;
}
