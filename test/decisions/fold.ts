import type { DataSource } from 'typeorm';

/** The members of an entry that a decision depends on. */
export interface Entry {
  readonly position: number;
  readonly id: string;
  readonly at: string;
  /** The start or the end that it is about, if it is one of the clock's. */
  readonly effective?: string;
  readonly type: string;
  readonly membership: number | null;
  readonly medic: number | null;
  readonly hospital: number | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** A decision without its instant. */
export interface Folded {
  readonly decision: boolean;
  readonly reason: string;
  readonly membership?: number;
  readonly entry?: string;
}

interface Held {
  readonly id: number;
  readonly medic: number;
  readonly hospital: number;
  readonly isAdmin: boolean;
  readonly isDeleted: boolean;
  readonly from: string | null;
  readonly until: string | null;
  readonly entry: string;
  readonly at: string;
}

/** @returns all entries of the record */
export async function entriesOf(dataSource: DataSource): Promise<Entry[]> {
  await dataSource.query('SELECT record_sequence(100000)');
  const rows = await dataSource.query<{ body: string }[]>('SELECT body FROM record_entry ORDER BY position');
  return rows.map(({ body }) => JSON.parse(body) as Entry);
}

/** Decides by nothing but entries, as section 11 of the contract reads. It shares no code with the service. */
export class Fold {
  private readonly memberships = new Map<number, Held>();
  private readonly active = new Map<string, boolean>();

  /**
   * @param entries in the order of their positions
   * @param at the instant that is asked about, by default that of the last entry
   */
  constructor(
    entries: readonly Entry[],
    private readonly at = entries.at(-1)?.at ?? '',
  ) {
    for (const entry of entries) this.add(entry);
  }

  private add({ id, at, type, membership, medic, hospital, after }: Entry): void {
    if (membership !== null) {
      if (after === null) this.memberships.delete(membership);
      else {
        this.memberships.set(membership, {
          id: membership,
          medic: medic ?? 0,
          hospital: hospital ?? 0,
          isAdmin: after['type_membership'] === 'ADMIN',
          isDeleted: after['is_deleted'] === true,
          from: (after['valid_from'] ?? null) as string | null,
          until: (after['valid_until'] ?? null) as string | null,
          entry: id,
          at,
        });
      }
      return;
    }
    if (/^(token|service)\./.test(type) || after?.['is_active'] === undefined) return;
    this.active.set(
      hospital === null ? `medic ${String(medic)}` : `hospital ${String(hospital)}`,
      after['is_active'] === true,
    );
  }

  decide(medic: number, hospital: number, action: string): Folded {
    if (action !== 'prescribe' && action !== 'administer') return { decision: false, reason: 'unknown_action' };
    const held = [...this.memberships.values()].find(
      (each) => each.medic === medic && each.hospital === hospital && !each.isDeleted && this.isInForce(each),
    );
    if (held === undefined) return { decision: false, reason: 'not_a_member' };
    const evidence = { membership: held.id, entry: held.entry };
    if (this.active.get(`medic ${String(medic)}`) !== true)
      return { decision: false, reason: 'account_inactive', ...evidence };
    if (action === 'prescribe' && this.active.get(`hospital ${String(hospital)}`) !== true)
      return { decision: false, reason: 'hospital_inactive', ...evidence };
    if (action === 'administer' && !held.isAdmin) return { decision: false, reason: 'not_an_admin', ...evidence };
    return { decision: true, reason: held.isAdmin ? 'admin' : 'member', ...evidence };
  }

  /** Another row's entry may have an earlier position and a later instant, so its own entry bounds the instant asked about. */
  private isInForce({ from, until, at }: Held): boolean {
    const asked = at > this.at ? at : this.at;
    return (from === null || from <= asked) && (until === null || until > asked);
  }
}
