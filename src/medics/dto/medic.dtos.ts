import { booleanType, dateType, emailType, Field, idType, ReadOnlyFields, textType } from '../../http/input/fields.js';
import { PageQuery } from '../../http/output/pagination.js';

const short = textType({ max: 255 });
const requiredShort = textType({ min: 1, max: 255 });
const password = textType({ min: 8, max: 1024 });

const NAME = { example: 'Ana María Núñez', description: 'The full name.' };
const EMAIL = { example: 'ana.nunez@example.org', description: 'Unique, whatever its letter case.' };

/** Fields that are optional both when creating and when changing. */
class OptionalMedicFields {
  @Field(dateType, { nullable: true, example: '1984-05-17', description: 'The date of birth.' })
  date_of_birth?: string | null;

  @Field(short, { nullable: true, example: '12345678', description: 'The number of the professional licence.' })
  cedula_prof?: string | null;

  @Field(short, { nullable: true, example: '87654321', description: 'The number of the licence as a specialist.' })
  specialty_no?: string | null;

  @Field(short, { nullable: true, example: 'Cardiología', description: 'The specialty.' })
  specialty?: string | null;

  @Field(short, { nullable: true, example: 'UANL', description: 'The university.' })
  alma_mater?: string | null;

  @Field(booleanType, { nullable: true, example: true, description: 'Whether the medic is a woman.' })
  female?: boolean | null;

  @Field(booleanType, { example: true, description: "false shuts out every key of the medic's at once." })
  is_active?: boolean;

  @Field(short, { example: '', description: 'Where the medic came from.' })
  campaign?: string;
}

@ReadOnlyFields('id', 'specialty_verified', 'token')
export class CreateMedicDto extends OptionalMedicFields {
  @Field(requiredShort, { ...NAME, required: true })
  name!: string;

  @Field(emailType, { ...EMAIL, required: true })
  email!: string;

  @Field(password, { required: true, example: 'correct horse battery staple', description: 'Never answered.' })
  password!: string;

  @Field(idType, { nullable: true, example: null, description: 'The first hospital; you must be an ADMIN of it.' })
  hospital?: number | null;

  @Field(booleanType, { nullable: true, example: false, description: 'Whether as an ADMIN of `hospital`.' })
  is_admin_membership?: boolean | null;
}

/** Input of the operator command that creates a medic. */
export class OperatorMedicDto {
  @Field(requiredShort, { ...NAME, required: true })
  name!: string;

  @Field(emailType, { ...EMAIL, required: true })
  email!: string;

  @Field(password, { example: 'correct horse battery staple', description: 'Never answered.' })
  password?: string;
}

/** Input of the operator command that sets a password. */
export class OperatorPasswordDto {
  @Field(password, { required: true, example: 'correct horse battery staple', description: 'Never returned.' })
  password!: string;
}

/** Absent fields stay unchanged. */
@ReadOnlyFields('id', 'password', 'specialty_verified', 'token')
export class UpdateMedicDto extends OptionalMedicFields {
  @Field(requiredShort, NAME)
  name?: string;

  @Field(emailType, EMAIL)
  email?: string;

  @Field(idType, { nullable: true, example: 1, description: 'The active hospital; null clears the choice.' })
  hospital?: number | null;

  @Field(booleanType, { nullable: true, example: false, description: 'Whether as an ADMIN of the active hospital.' })
  is_admin_membership?: boolean | null;
}

/** Filters for the medics that the caller created. */
export class ListMedicsQuery extends PageQuery {
  @Field(emailType, { example: 'ana.nunez@example.org', description: 'Only the medic with this email, in any case.' })
  email?: string;
}

export class SearchMedicsQuery extends PageQuery {
  @Field(textType({ max: 254 }), { example: 'ana.nunez@example.org', description: 'The exact email, in any case.' })
  query?: string;
}
