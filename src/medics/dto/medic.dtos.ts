import { booleanType, dateType, emailType, Field, idType, ReadOnlyFields, textType } from '../../http/input/fields.js';
import { PageQuery } from '../../http/output/pagination.js';

const short = textType({ max: 255 });
const requiredShort = textType({ min: 1, max: 255 });
const password = textType({ min: 8, max: 1024 });

const NAME = { example: 'Ana María Núñez', description: 'Full name.' };
const EMAIL = { example: 'ana.nunez@example.org', description: 'Unique, regardless of letter case.' };

/** Fields that are optional both when creating and when changing. */
class OptionalMedicFields {
  @Field(dateType, { nullable: true, example: '1984-05-17', description: 'Date of birth.' })
  date_of_birth?: string | null;

  @Field(short, { nullable: true, example: '12345678', description: 'Number of the professional licence.' })
  cedula_prof?: string | null;

  @Field(short, { nullable: true, example: '87654321', description: 'Number of the specialist licence.' })
  specialty_no?: string | null;

  @Field(short, { nullable: true, example: 'Cardiología', description: 'Specialty.' })
  specialty?: string | null;

  @Field(short, { nullable: true, example: 'UANL', description: 'University.' })
  alma_mater?: string | null;

  @Field(booleanType, { nullable: true, example: true, description: 'Whether the medic is a woman.' })
  female?: boolean | null;

  @Field(booleanType, { example: true, description: 'false disables every key of the medic from the next request on.' })
  is_active?: boolean;

  @Field(short, { example: '', description: 'Campaign that the medic came from.' })
  campaign?: string;
}

@ReadOnlyFields('id', 'specialty_verified', 'token')
export class CreateMedicDto extends OptionalMedicFields {
  @Field(requiredShort, { ...NAME, required: true })
  name!: string;

  @Field(emailType, { ...EMAIL, required: true })
  email!: string;

  @Field(password, { required: true, example: 'correct horse battery staple', description: 'Never returned.' })
  password!: string;

  @Field(idType, {
    nullable: true,
    example: null,
    description: 'Id of the first hospital; you must be an ADMIN there.',
  })
  hospital?: number | null;

  @Field(booleanType, { nullable: true, example: false, description: 'true makes the medic an ADMIN of `hospital`.' })
  is_admin_membership?: boolean | null;
}

/** Input of the operator command that creates a medic. */
export class OperatorMedicDto {
  @Field(requiredShort, { ...NAME, required: true })
  name!: string;

  @Field(emailType, { ...EMAIL, required: true })
  email!: string;

  @Field(password, { example: 'correct horse battery staple', description: 'Never returned.' })
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

  @Field(idType, { nullable: true, example: 1, description: 'Id of the active hospital; null clears the choice.' })
  hospital?: number | null;

  @Field(booleanType, {
    nullable: true,
    example: false,
    description: 'true makes the medic an ADMIN of the active hospital, false a MEMBER.',
  })
  is_admin_membership?: boolean | null;
}

/** Filters for the medics that the caller created. */
export class ListMedicsQuery extends PageQuery {
  @Field(emailType, { description: 'Only the medic with this email, in any letter case.' })
  email?: string;
}

export class SearchMedicsQuery extends PageQuery {
  @Field(textType({ max: 254 }), {
    example: 'first.medic@example.org',
    description: 'Exact email, in any letter case.',
  })
  query?: string;
}
