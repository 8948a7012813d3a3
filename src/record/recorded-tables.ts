import type { Subject } from './entry.js';

/** How the rows of a table appear in the record, as SQL over the alias `t`. */
export interface RecordedTable {
  readonly name: string;
  readonly subject: Subject;
  /** The type of the entry of a new row. */
  readonly created: string;
  /** Its members `membership`, `medic` and `hospital`. */
  readonly ids: string;
  /** Its state, as in `before` and `after`. */
  readonly state: string;
}

/** The recorded tables, in the order in which their first entries are written. */
export const RECORDED_TABLES: readonly RecordedTable[] = [
  {
    name: 'medic',
    subject: 'medic',
    created: 'medic.created',
    ids: 'NULL::integer, t.id, NULL::integer',
    state: 'record_activity(t.is_active)',
  },
  {
    name: 'hospital',
    subject: 'hospital',
    created: 'hospital.created',
    ids: 'NULL::integer, NULL::integer, t.id',
    state: 'record_activity(t.is_active)',
  },
  {
    name: 'membership',
    subject: 'membership',
    created: 'membership.created',
    ids: 't.id, t.medic_id, t.hospital_id',
    state: 'record_membership_state(t.type, t.is_active, t.is_deleted, t.valid_from, t.valid_until)',
  },
  {
    name: 'api_token',
    subject: 'token',
    created: 'token.issued',
    ids: 'NULL::integer, t.medic_id, NULL::integer',
    state: 'record_key_state(t.id, t.expires_at, t.revoked_at)',
  },
  {
    name: 'service_account',
    subject: 'service',
    created: 'service.created',
    ids: 'NULL::integer, NULL::integer, NULL::integer',
    state: 'record_service_state(t.id, t.scopes, t.expires_at, t.revoked_at)',
  },
];
