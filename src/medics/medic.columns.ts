import { defined } from '../common/defined.js';
import type { UpdateMedicDto } from './dto/medic.dtos.js';
import { emailKeyOf } from './medic.entity.js';

/** @returns only the columns that the request sets */
export function medicColumnsOf(input: UpdateMedicDto) {
  return defined({
    name: input.name,
    email: input.email,
    emailKey: input.email === undefined ? undefined : emailKeyOf(input.email),
    dateOfBirth: input.date_of_birth,
    cedulaProf: input.cedula_prof,
    specialtyNo: input.specialty_no,
    specialty: input.specialty,
    almaMater: input.alma_mater,
    female: input.female,
    campaign: input.campaign,
    isActive: input.is_active,
  });
}
