import type { FactoryProvider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { actingAdminshipHeld, live, notDeleted, unlimited, unlimitedAdmin } from '../access/rights.sql.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { actorOf, statedBy, statingSql } from '../database/actor.js';
import { standAlone } from '../database/pool.js';
import type { Statements } from '../database/statements.js';
import { inTransaction, type Companion, type Transaction } from '../database/transaction.js';
import { insertedMembership, MEMBERSHIP_COLUMNS, type MembershipRow } from './dto/membership.response.js';
import type { MembershipKey, MembershipUpdate, NewMembership } from './membership.js';
import { MEMBERSHIP_STORE, type MembershipStore, type RequireVersion } from './membership-store.js';
import type { MembershipType } from './membership.entity.js';
import { TransactionalMembershipStore } from './transactional-membership-store.js';

/**
 * Makes another {@link MembershipStore} faster: the most frequent writes are one statement that locks, authorizes and
 * stores. If anything conflicts, the statement stores nothing, and the other store does the write or finds the reason.
 * Without this file and its line in the module, the service behaves the same, but slower.
 */
export class FastMembershipStore implements MembershipStore {
  private readonly alone: Statements;

  /** @param store decides whatever one statement cannot */
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: MembershipStore,
  ) {
    this.alone = standAlone(dataSource);
  }

  async create(
    caller: CurrentMedic,
    key: MembershipKey,
    wanted: NewMembership,
    companion?: Companion<MembershipRow>,
  ): Promise<MembershipRow> {
    const row = isPlain(wanted) ? await this.tryInsert(caller, key, wanted.type, companion) : null;
    return row ?? this.store.create(caller, key, wanted, companion);
  }

  async update(
    caller: CurrentMedic,
    id: number,
    update: MembershipUpdate,
    requireVersion?: RequireVersion,
  ): Promise<MembershipRow> {
    // One statement cannot compare the version between its lock and its write.
    const type = requireVersion === undefined ? onlyTypeOf(update) : undefined;
    const row = type === undefined ? null : await this.trySetType(caller, id, type);
    return row ?? this.store.update(caller, id, update, requireVersion);
  }

  remove(caller: CurrentMedic, id: number, requireVersion?: RequireVersion): Promise<MembershipRow> {
    return this.store.remove(caller, id, requireVersion);
  }

  /**
   * Creates a membership, if the caller is an ADMIN of the hospital without limits in time and stays one until it is
   * stored, and if the medic has no membership there. A medic's first live membership is the active one (rule 3).
   * @returns it, or null if nothing was stored, for whatever reason
   */
  private async tryInsert(
    caller: CurrentMedic,
    { medicId, hospitalId }: MembershipKey,
    type: MembershipType,
    companion: Companion<MembershipRow> | undefined,
  ): Promise<MembershipRow | null> {
    const values = [medicId, hospitalId, type, caller.id, ...statedBy(actorOf(caller))];
    const insert = async (on: Statements) => (await on.query<MembershipRow>(INSERT, values))[0];
    if (companion === undefined) return (await insert(this.alone)) ?? null;
    const work = async (transaction: Transaction) => (await insert(transaction)) ?? Promise.reject(new NothingStored());
    return inTransaction(this.dataSource, actorOf(caller), work, companion).catch((error: unknown) => {
      if (error instanceof NothingStored) return null;
      throw error;
    });
  }

  /**
   * Changes the type of another medic's membership, if the caller is an ADMIN of its hospital with an active account, and
   * stays one until it is stored. The caller is then an ADMIN who can act, which satisfies rule 2. Neither of the two
   * memberships has limits in time, because a statement cannot look at the clock after its locks.
   * @returns the membership after the change, or null if nothing was stored, for whatever reason
   */
  private async trySetType(caller: CurrentMedic, id: number, type: MembershipType): Promise<MembershipRow | null> {
    const values = [id, type, caller.id, ...statedBy(actorOf(caller))];
    const [row] = await this.alone.query<MembershipRow>(SET_TYPE, values);
    return row ?? null;
  }
}

/** Ends a transaction whose only statement stored nothing, so that nothing of its companion is stored either. */
class NothingStored extends Error {}

/** Replaces the {@link MEMBERSHIP_STORE} that is provided before it. */
export const FAST_MEMBERSHIP_STORE: FactoryProvider<MembershipStore> = {
  provide: MEMBERSHIP_STORE,
  inject: [DataSource, TransactionalMembershipStore],
  useFactory: (dataSource: DataSource, store: MembershipStore) => new FastMembershipStore(dataSource, store),
};

/** @returns whether a creation leaves everything but the type to the rules */
function isPlain({ isActive, validFrom = null, validUntil = null }: NewMembership): boolean {
  return isActive === undefined && validFrom === null && validUntil === null;
}

/** @returns the type, if nothing else is to change */
function onlyTypeOf({ type, ...others }: MembershipUpdate): MembershipType | undefined {
  return Object.values<unknown>(others).every((value) => value === undefined) ? type : undefined;
}

/**
 * If the pair already has a membership, no row is inserted, so that a refusal uses up no id. Rows that the snapshot does
 * not contain yet, such as another first membership, meet a unique index, and nothing is stored. So does the flag of a
 * membership that is not in force, which the other store clears.
 */
const INSERT = `
  WITH locked AS MATERIALIZED (SELECT id, name, email FROM medic WHERE id = $1 FOR NO KEY UPDATE),
    allowed AS MATERIALIZED (SELECT locked.id FROM locked, ${actingAdminshipHeld('$4', '$2', unlimitedAdmin)}),
    stated AS MATERIALIZED (${statingSql('$5', '$6')})
  INSERT INTO membership (medic_id, hospital_id, type, is_active)
  SELECT id, $2, $3, NOT EXISTS (SELECT FROM membership o WHERE o.medic_id = $1 AND ${live('o')}) FROM allowed, stated
  WHERE stated.actor IS NOT NULL AND NOT EXISTS (SELECT FROM membership p WHERE p.medic_id = $1 AND p.hospital_id = $2)
  ON CONFLICT DO NOTHING RETURNING ${insertedMembership('locked')}`;

/** The hospital is locked before the medic, as everywhere. Here {@link MEMBERSHIP_COLUMNS} reads the locked medic. */
const SET_TYPE = `
  WITH pair AS MATERIALIZED (
      SELECT s.id, s.hospital_id, m.name, m.email
      FROM hospital h JOIN membership s ON s.hospital_id = h.id JOIN medic m ON m.id = s.medic_id
      WHERE s.id = $1 FOR NO KEY UPDATE OF h, m),
    allowed AS MATERIALIZED (SELECT pair.* FROM pair, ${actingAdminshipHeld('$3', 'pair.hospital_id', unlimitedAdmin)}),
    stated AS MATERIALIZED (${statingSql('$4', '$5')})
  UPDATE membership s SET type = $2 FROM allowed m, stated
  WHERE stated.actor IS NOT NULL AND s.id = m.id AND s.medic_id <> $3 AND ${notDeleted('s')} AND ${unlimited('s')}
  RETURNING ${MEMBERSHIP_COLUMNS}`;
