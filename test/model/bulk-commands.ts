import fc from 'fast-check';
import { addMany, type Row } from './bulk.js';
import { adminsOf, caller, command, idOf, limits, listed, maybe, oneOf, pick, whoCalls, type Pick } from './command.js';
import type { LimitFields } from './limits.js';
import type { Model } from './model.js';

const MISTAKES = ['no object', 'both', 'neither', 'type', 'unknown field'] as const;

interface DrawnRow {
  readonly medic: Pick;
  readonly byEmail: boolean;
  readonly mistake?: (typeof MISTAKES)[number] | undefined;
  readonly fields: { type_membership?: string; restore?: boolean };
  readonly limits: LimitFields;
}

const drawnRow: fc.Arbitrary<DrawnRow> = fc.record({
  medic: pick,
  byEmail: maybe,
  mistake: fc.option(fc.constantFrom(...MISTAKES), { nil: undefined, freq: 5 }),
  fields: listed({ type_membership: fc.constantFrom('ADMIN', 'MEMBER', 'member'), restore: maybe }),
  limits,
});

function rowOf(model: Model, { medic: n, byEmail, mistake, fields: some, limits: limited }: DrawnRow): Row | string {
  const fields = { ...some, ...(limited.valid_until !== undefined && { valid_until: limited.valid_until }) };
  const medic = oneOf(model.medics, n);
  const id = { medic: idOf(medic) };
  const email = { email: medic?.email.toUpperCase() ?? 'nobody@example.org' };
  switch (mistake) {
    case 'no object':
      return 'a row';
    case 'both':
      return { ...id, ...email, ...fields };
    case 'neither':
      return fields;
    case 'type':
      return { ...id, ...fields, type_membership: 'OWNER' };
    case 'unknown field':
      return { ...id, ...fields, role: 'ADMIN' };
    case undefined:
      return { ...(byEmail ? email : id), ...fields };
  }
}

const addMemberships = command(
  'add many memberships',
  10,
  fc.record({
    by: caller,
    hospital: pick,
    rows: fc.array(drawnRow, { minLength: 1, maxLength: 5 }),
    dry_run: fc.option(maybe, { nil: undefined }),
  }),
  (model, { by, hospital: n, rows: drawn, dry_run }) => {
    const hospital = oneOf(model.hospitals, n);
    const medic = whoCalls(model, by, adminsOf(model, hospital));
    const memberships = drawn.map((row) => rowOf(model, row));
    const isDryRun = dry_run === true;
    return {
      by: medic,
      method: 'POST',
      path: '/management/memberships/bulk/',
      body: { hospital: idOf(hospital), memberships, ...(dry_run !== undefined && { dry_run }) },
      expect: () => addMany(model, medic, hospital, memberships, isDryRun),
      // The response to a dry run is not stored.
      ...(!isDryRun && {
        requireRight: () => {
          model.requireAdmin(medic, hospital);
        },
      }),
    };
  },
);

export const bulkCommands = [addMemberships];
