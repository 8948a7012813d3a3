/** The events of each subject, in the order of the documents. */
const VERBS = {
  membership: ['created', 'changed', 'removed', 'restored', 'started', 'ended', 'deleted'],
  medic: ['created', 'activated', 'deactivated', 'deleted'],
  hospital: ['created', 'activated', 'deactivated', 'deleted'],
  token: ['issued', 'rotated', 'revoked', 'deleted'],
  service: ['created', 'rotated', 'revoked', 'deleted'],
} as const;

/** The subject of an entry. Only `record.began` needs it, because its type does not say. */
export type Subject = keyof typeof VERBS;

type TypeAbout<S extends Subject> = { [Of in S]: `${Of}.${(typeof VERBS)[Of][number]}` }[S];

function typesAbout<S extends Subject>(...subjects: readonly S[]): TypeAbout<S>[] {
  return subjects.flatMap((subject) => VERBS[subject].map((verb) => `${subject}.${verb}` as TypeAbout<S>));
}

/** A type of an entry about a hospital and its memberships. */
export type HospitalEntryType = TypeAbout<'membership' | 'hospital'>;

/** A type of an entry: the subject and what happened to it. */
export type EntryType = TypeAbout<Subject> | 'record.began';

export const HOSPITAL_ENTRY_TYPES = typesAbout('membership', 'hospital');

export const ENTRY_TYPES: EntryType[] = [...typesAbout(...(Object.keys(VERBS) as Subject[])), 'record.began'];

/** The state of a membership in `before` and `after`. */
export interface MembershipEntryState {
  readonly type_membership: 'ADMIN' | 'MEMBER';
  readonly is_active: boolean;
  readonly is_deleted: boolean;
  /** Both limits in time are present if one of them is set. */
  readonly valid_from?: string | null;
  readonly valid_until?: string | null;
}

/** The state of a medic or hospital in `before` and `after`. */
export interface ActivityState {
  readonly is_active: boolean;
}

/** The state of a medic's key in `before` and `after`; `token` is its id. */
export interface KeyState {
  readonly token: number;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** The state of a service account in `before` and `after`; `service` is its id. */
export interface ServiceState {
  readonly service: number;
  readonly scopes: readonly string[];
  readonly expires_at: string;
  readonly revoked_at: string | null;
}

export type EntryState = MembershipEntryState | ActivityState | KeyState | ServiceState;

/** Who made a change. `database` is SQL by hand, with the role that logged in. */
export type EntryActor =
  | { readonly type: 'medic'; readonly id: number; readonly token: number | null }
  | { readonly type: 'operator' | 'clock' }
  | { readonly type: 'database'; readonly role: string };

/** An entry of the record (section 12 of the contract), in the order of its members. */
export interface Entry {
  readonly position: number;
  readonly id: string;
  /** An instant with six digits. */
  readonly at: string;
  /** The instant of the start or the end; only `membership.started` and `membership.ended` have it. */
  readonly effective?: string;
  readonly type: EntryType;
  readonly membership: number | null;
  readonly medic: number | null;
  readonly hospital: number | null;
  readonly before: EntryState | null;
  readonly after: EntryState | null;
  readonly actor: EntryActor;
  readonly request: string | null;
}

/** @param body of an entry, as stored */
export function entryOf(body: string): Entry {
  return JSON.parse(body) as Entry;
}
