import { booleanType, Field, ReadOnlyFields, textType } from '../../http/input/fields.js';
import { pictureType } from '../picture.field.js';

const short = textType({ max: 255 });
const underThirtyTwo = textType({ max: 31 });
const requiredShort = textType({ min: 1, max: 255 });
const requiredLong = textType({ min: 1, max: 1000 });

const NAME = { example: 'Hospital San José', description: 'Name.' };
const PATRON = { example: 'HOSPITAL SAN JOSÉ', description: 'Name as printed.' };
const LOCATION = { example: 'Av. Morones Prieto 3000, Monterrey, N.L.', description: 'Full address.' };
const CONTACT = { example: '+52 81 8347 1010', description: 'Email address or phone number.' };

const PICTURE = {
  nullable: true,
  example: null,
  description: 'JPEG under 2,097,152 bytes, as a file in `multipart/form-data`; null removes it.',
};

/** Fields that are optional both when creating and when changing. */
class OptionalHospitalFields {
  @Field(pictureType, PICTURE)
  picture?: Buffer | null;

  @Field(pictureType, PICTURE)
  university_logo?: Buffer | null;

  @Field(short, { example: 'Urgencias 24 horas', description: 'Line under the printed name.' })
  headline?: string;

  @Field(booleanType, { example: false, description: 'Whether it prints on US Letter paper.' })
  page_size?: boolean;

  @Field(short, { example: 'classic', description: 'Template of its prescriptions.' })
  page_template?: string;

  @Field(booleanType, {
    example: true,
    description: 'Whether the hospital is in use; false hides it from its MEMBERs.',
  })
  is_active?: boolean;

  @Field(booleanType, { example: false, description: 'Whether its information is printed.' })
  info?: boolean;

  @Field(booleanType, { example: true, description: 'Whether patients get their prescriptions by email.' })
  send_emails?: boolean;

  @Field(underThirtyTwo, { example: '64710', description: 'Postal code.' })
  zip_code?: string;

  @Field(underThirtyTwo, { example: '25.6694', description: 'Latitude.' })
  location_lat?: string;

  @Field(underThirtyTwo, { example: '-100.3498', description: 'Longitude.' })
  location_lon?: string;

  @Field(short, { example: 'ChIJs7Tn5oGVYoYRrsGnZ1Vq1oE', description: 'Google place id.' })
  google_place_id?: string;
}

@ReadOnlyFields('id', 'created_at')
export class CreateHospitalDto extends OptionalHospitalFields {
  @Field(requiredShort, { ...NAME, required: true })
  name!: string;

  @Field(requiredShort, { ...PATRON, required: true })
  patron!: string;

  @Field(requiredLong, { ...LOCATION, required: true })
  location!: string;

  @Field(requiredLong, { ...CONTACT, required: true })
  contact!: string;

  @Field(booleanType, { example: true, description: 'false makes you a MEMBER instead of an ADMIN.' })
  is_admin?: boolean;
}

/** Absent fields stay unchanged. */
@ReadOnlyFields('id', 'created_at', 'is_admin')
export class UpdateHospitalDto extends OptionalHospitalFields {
  @Field(requiredShort, NAME)
  name?: string;

  @Field(requiredShort, PATRON)
  patron?: string;

  @Field(requiredLong, LOCATION)
  location?: string;

  @Field(requiredLong, CONTACT)
  contact?: string;
}
