import { defined } from '../common/defined.js';
import type { UpdateHospitalDto } from './dto/hospital.dtos.js';

/** @returns only the columns that the request sets */
export function hospitalColumnsOf(input: UpdateHospitalDto) {
  return defined({
    name: input.name,
    patron: input.patron,
    location: input.location,
    contact: input.contact,
    headline: input.headline,
    pageSize: input.page_size,
    pageTemplate: input.page_template,
    isActive: input.is_active,
    info: input.info,
    sendEmails: input.send_emails,
    zipCode: input.zip_code,
    locationLat: input.location_lat,
    locationLon: input.location_lon,
    googlePlaceId: input.google_place_id,
  });
}
