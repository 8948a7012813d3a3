import { answered, invalid, Refused, type Expected } from './expected.js';
import { instantOf, limitsAfter, UNLIMITED } from './limits.js';
import type { Model } from './model.js';
import { isLive, type ModelHospital, type ModelMedic } from './world.js';

/** A row of a bulk request as it is sent; it may be mistyped. */
export interface Row {
  readonly medic?: number;
  readonly email?: string;
  readonly type_membership?: string;
  readonly restore?: boolean;
  readonly valid_until?: string | null;
  /** No field of a row. */
  readonly role?: string;
}

const STATUSES = ['created', 'restored', 'unchanged', 'failed'] as const;

interface Result {
  readonly status: (typeof STATUSES)[number];
  /** Called once the ids of created rows are known. */
  readonly membership?: () => number;
  readonly errors?: object;
}

/** Section 14 of the contract: adds many medics to a hospital. Each row stands alone. */
export function addMany(
  model: Model,
  by: ModelMedic,
  at: ModelHospital | undefined,
  rows: readonly (Row | string)[],
  isDryRun: boolean,
): Expected {
  const hospital = model.requireAdmin(by, at);
  const named = rows.map((row) => (wrongFieldOf(row) === undefined ? medicOf(model, row as Row) : undefined));
  const results = rows.map((row, index): Result => {
    const wrong = wrongFieldOf(row);
    if (wrong !== undefined) return failed(wrong);
    const medic = named[index];
    const isRepeated = named.filter((other) => other === medic).length > 1;
    if (medic === undefined || isRepeated) return failed((row as Row).medic === undefined ? 'email' : 'medic');
    return add(model, by, medic, hospital, row as Row, isDryRun);
  });
  return answered(200, () => ({
    ...Object.fromEntries(STATUSES.map((name) => [name, results.filter(({ status }) => status === name).length])),
    results: results.map(({ membership, ...result }, index) => ({
      index,
      ...result,
      ...(membership && { membership: membership() }),
    })),
  }));
}

function wrongFieldOf(row: Row | string): string | undefined {
  if (typeof row === 'string') return 'non_field_errors';
  if (row.role !== undefined) return 'role';
  if (row.type_membership === 'OWNER') return 'type_membership';
  return (row.medic === undefined) === (row.email === undefined) ? 'medic' : undefined;
}

function medicOf(model: Model, { medic: id, email }: Row): ModelMedic | undefined {
  if (id !== undefined) return model.medic(id);
  return model.medics.find((medic) => medic.email.toLowerCase() === email?.toLowerCase());
}

function failed(field: string, membership?: number): Result {
  const { errors } = invalid(field).expected.body() as { errors: object };
  return { status: 'failed', errors, ...(membership !== undefined && { membership: () => membership }) };
}

function add(
  model: Model,
  by: ModelMedic,
  medic: ModelMedic,
  hospital: ModelHospital,
  { type_membership: type, restore = false, valid_until }: Row,
  isDryRun: boolean,
): Result {
  const present = model.of(medic, hospital);
  const fields = {
    ...(type !== undefined && { type_membership: type }),
    ...(valid_until !== undefined && { valid_until }),
  };
  try {
    limitsAfter(present ?? UNLIMITED, fields, present?.isDeleted !== false);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (present === undefined || (present.isDeleted && restore)) return failed('valid_until', present?.id);
  }
  if (present === undefined) {
    if (isDryRun) return { status: 'created' };
    model.createMembership(by, { medic: medic.id, hospital: hospital.id, ...fields });
    return { status: 'created', membership: () => model.of(medic, hospital)?.id ?? 0 };
  }
  const { id } = present;
  if (!present.isDeleted) {
    if (!isLive(present)) return failed('valid_until', id);
    if (type !== undefined && type.toUpperCase() !== present.type) return failed('type_membership', id);
    const isSame = valid_until === undefined || valid_until === instantOf(present.until);
    return isSame ? { status: 'unchanged', membership: () => id } : failed('valid_until', id);
  }
  if (!restore) return failed('restore', id);
  if (!isDryRun) model.changeMembership(by, id, { is_deleted: false, ...fields });
  return { status: 'restored', membership: () => id };
}
