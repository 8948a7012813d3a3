import fc from 'fast-check';
import { adminsOf, caller, command, idOf, listed, maybe, oneOf, pick, whoCalls, type Pick } from './command.js';
import type { MedicFields, Model } from './model.js';
import { ADDRESS, type ModelMedic } from './world.js';

const createHospital = command(
  'create hospital',
  4,
  fc.record({ by: caller, is_admin: fc.option(fc.nat(4), { nil: undefined }), is_active: fc.nat(5) }),
  (model, { by, is_admin: n, is_active: m }) => {
    const fields = {
      name: `Hospital ${String(model.hospitals.length)}`,
      ...(n !== undefined && { is_admin: n > 0 }),
      ...(m === 1 && { is_active: false }),
    };
    const medic = whoCalls(model, by, []);
    const body = { ...ADDRESS, ...fields };
    const expect = () => model.createHospital(medic, fields);
    return { by: medic, method: 'POST', path: '/hospital/', body, expect, requireRight: () => undefined };
  },
);

const changeHospital = command(
  'change hospital',
  4,
  fc.record({
    by: caller,
    hospital: pick,
    fields: listed({ name: fc.constantFrom('North', 'South'), is_active: maybe }),
  }),
  (model, { by, hospital: n, fields }) => {
    const hospital = oneOf(model.hospitals, n);
    const medic = whoCalls(model, by, adminsOf(model, hospital));
    const path = `/hospital/${String(idOf(hospital))}`;
    const expect = () => model.changeHospital(medic, idOf(hospital), fields);
    return { by: medic, method: 'PATCH', path, body: fields, expect };
  },
);

/** A hospital for a medic, or null. */
const place = fc.option(pick, { nil: null, freq: 5 });
const right = fc.option(maybe, { nil: null, freq: 9 });
const isOpen = fc.nat(5).map((n) => n !== 1);

const medicFields = (model: Model, { hospital, email, ...fields }: MedicChange): MedicFields => ({
  ...fields,
  ...(email !== undefined && { email: emailOf(email) }),
  ...(hospital !== undefined && { hospital: hospital === null ? null : idOf(oneOf(model.hospitals, hospital)) }),
});

interface MedicChange {
  readonly name?: string;
  readonly hospital?: Pick | null;
  readonly email?: { number: number; isUpper: boolean };
  readonly is_admin_membership?: boolean | null;
  readonly is_active?: boolean;
}

const emailOf = ({ number, isUpper }: { number: number; isUpper: boolean }) => {
  const email = `Medic.${String(number)}@example.org`;
  return isUpper ? email.toUpperCase() : email;
};

/** A range small enough for collisions. */
const emailPick = fc.record({ number: fc.nat(30), isUpper: maybe });

const createMedic = command(
  'create medic',
  6,
  fc.record({
    by: caller,
    email: emailPick,
    fields: listed({ hospital: place, is_admin_membership: right, is_active: isOpen }),
  }),
  (model, { by, email, fields }) => {
    const { hospital: n } = fields;
    const hospital = typeof n === 'number' ? oneOf(model.hospitals, n) : undefined;
    const medic = whoCalls(model, by, adminsOf(model, hospital));
    const required = { name: `Medic ${String(model.medics.length)}`, email: emailOf(email) };
    const wanted = { ...medicFields(model, fields), ...required };
    const body = { ...wanted, password: 'correct horse battery staple' };
    const requireRight = () => {
      if (typeof wanted.hospital === 'number') model.assignable(medic, wanted.hospital);
    };
    const expect = () => model.createMedic(medic, wanted);
    return { by: medic, method: 'POST', path: '/medics/', body, expect, requireRight };
  },
);

const ownersOf = (medic: ModelMedic | undefined) =>
  [medic, medic?.creator].filter((owner): owner is ModelMedic => owner !== undefined && owner !== null);

const changeMedic = command(
  'change medic',
  16,
  fc.record({
    by: caller,
    medic: pick,
    fields: listed({
      name: fc.constantFrom('Ana', 'Eva'),
      email: emailPick,
      hospital: place,
      is_admin_membership: right,
      is_active: isOpen,
    }),
  }),
  (model, { by, medic: n, fields }) => {
    const medic = oneOf(model.medics, n);
    const sender = whoCalls(model, by, ownersOf(medic));
    const wanted = medicFields(model, fields);
    const path = `/medics/${String(idOf(medic))}`;
    const expect = () => model.changeMedic(sender, idOf(medic), wanted);
    return { by: sender, method: 'PATCH', path, body: { ...wanted }, expect };
  },
);

export const medicCommands = [createHospital, changeHospital, createMedic, changeMedic];
