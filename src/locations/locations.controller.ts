import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Require } from '../access/require.decorator.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { Answers } from '../http/output/answers.decorator.js';
import { LocationResponse, LocationUpdatedResponse, UpdateLocationDto } from './dto/location.dtos.js';
import { LocationsService } from './locations.service.js';

/** The hospitals that the caller may prescribe from, and the active one (section 4 of the contract). */
@ApiTags('Locations')
@Controller('locations')
export class LocationsController {
  constructor(private readonly locations: LocationsService) {}

  @Get()
  @Require('location:list')
  @Answers({
    summary: 'List your hospitals, the active one first',
    rules: 'One item for each live membership. A hospital with `is_active: false` is visible only to its ADMINs.',
    ok: [LocationResponse],
  })
  listLocations(@Caller() caller: CurrentMedic): Promise<LocationResponse[]> {
    return this.locations.list(caller);
  }

  @Patch('update')
  @Require('location:choose')
  @Answers({
    summary: 'Choose your active hospital',
    rules: 'You need a live membership there. An inactive hospital can be chosen only by its ADMINs.',
    changes: 'Makes it your only active hospital.',
    body: { type: UpdateLocationDto, examples: { 'Choose a hospital': { hospital_id: 1 } } },
    ok: LocationUpdatedResponse,
    errors: {
      404: {
        'You have no live membership there, or the hospital is hidden from you.': { message: 'Hospital not found' },
      },
    },
  })
  async updateLocation(
    @Caller() caller: CurrentMedic,
    @Body() input: UpdateLocationDto,
  ): Promise<LocationUpdatedResponse> {
    await this.locations.choose(caller, input.hospital_id);
    return { message: 'Hospital updated successfully' };
  }
}
