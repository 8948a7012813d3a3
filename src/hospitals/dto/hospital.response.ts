import { ApiProperty } from '@nestjs/swagger';
import { isAdmin } from '../../access/rights.sql.js';
import { API_PREFIX } from '../../http/server/http-rules.js';
import { PageResponse } from '../../http/output/page-response.js';
import type { PictureKind } from '../hospital-picture.entity.js';

/** The hospital object (section 5 of the contract). */
export class HospitalResponse {
  @ApiProperty({ type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2020-11-04T01:12:12.017392Z' })
  created_at!: string;

  @ApiProperty({ example: 'Hospital San José' })
  name!: string;

  @ApiProperty({ example: 'HOSPITAL SAN JOSÉ', description: 'Name as printed.' })
  patron!: string;

  @ApiProperty({ example: 'Av. Morones Prieto 3000, Monterrey, N.L.' })
  location!: string;

  @ApiProperty({ example: '+52 81 8347 1010' })
  contact!: string;

  @ApiProperty({ example: '' })
  headline!: string;

  @ApiProperty({ example: false, description: 'Whether it prints on US Letter paper.' })
  page_size!: boolean;

  @ApiProperty({ example: 'classic' })
  page_template!: string;

  @ApiProperty({ example: true })
  is_active!: boolean;

  @ApiProperty({ example: true, description: 'Whether you are an ADMIN there.' })
  is_admin!: boolean;

  @ApiProperty({ example: false })
  info!: boolean;

  @ApiProperty({ example: true })
  send_emails!: boolean;

  @ApiProperty({ example: '64710' })
  zip_code!: string;

  @ApiProperty({ example: '25.6694' })
  location_lat!: string;

  @ApiProperty({ example: '-100.3498' })
  location_lon!: string;

  @ApiProperty({ example: '' })
  google_place_id!: string;

  @ApiProperty({
    type: 'string',
    format: 'uri',
    nullable: true,
    example: null,
    description: 'URL of the picture; another picture gets another URL.',
  })
  picture!: string | null;

  @ApiProperty({
    type: 'string',
    format: 'uri',
    nullable: true,
    example: null,
    description: 'URL of the picture; another picture gets another URL.',
  })
  university_logo!: string | null;
}

export class HospitalPage extends PageResponse(HospitalResponse) {}

/** A row of {@link HOSPITAL_COLUMNS}: here the pictures are digests instead of URLs. */
export type HospitalRow = HospitalResponse;

const PICTURE_DIGEST = (kind: PictureKind) =>
  `(SELECT encode(p.digest, 'hex') FROM hospital_picture p WHERE p.hospital_id = h.id AND p.kind = '${kind}') AS ${kind}`;

/** Select list of a {@link HospitalRow}, for `membership s JOIN hospital h`. */
export const HOSPITAL_COLUMNS = `h.id, h.created_at, h.name, h.patron, h.location,
  h.contact, h.headline, h.page_size, h.page_template, h.is_active, ${isAdmin('s')} AS is_admin, h.info,
  h.send_emails, h.zip_code, h.location_lat, h.location_lon, h.google_place_id,
  ${PICTURE_DIGEST('picture')}, ${PICTURE_DIGEST('university_logo')}`;

/** @param baseUrl URL of the service, which the pictures' URLs start with */
export function toHospitalResponse(row: HospitalRow, baseUrl: string): HospitalResponse {
  const pictureUrl = (digest: string | null) => digest && `${baseUrl}${API_PREFIX}/pictures/${digest}`;
  return {
    id: row.id,
    created_at: row.created_at,
    name: row.name,
    patron: row.patron,
    location: row.location,
    contact: row.contact,
    headline: row.headline,
    page_size: row.page_size,
    page_template: row.page_template,
    is_active: row.is_active,
    is_admin: row.is_admin,
    info: row.info,
    send_emails: row.send_emails,
    zip_code: row.zip_code,
    location_lat: row.location_lat,
    location_lon: row.location_lon,
    google_place_id: row.google_place_id,
    picture: pictureUrl(row.picture),
    university_logo: pictureUrl(row.university_logo),
  };
}
