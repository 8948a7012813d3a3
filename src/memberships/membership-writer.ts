import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NotFound } from '../common/domain-error.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import { MembershipAlreadyExists } from './membership.errors.js';
import { nextState, type MembershipChange, type MembershipState, type Surroundings } from './membership-rules.js';
import type { MembershipType } from './membership.entity.js';

/** A medic whose row is locked: nobody else writes the medic's memberships until the transaction ends. */
export interface LockedMedic {
  readonly medicId: number;
  /** The medic that created this one; null for one whom the operator made. */
  readonly creatorId: number | null;
}

/** A medic and a hospital whose rows are locked. */
export interface LockedPair extends LockedMedic {
  readonly hospitalId: number;
}

/**
 * Writes memberships, inside a transaction that the caller has and has authorised. Locks are always
 * taken in the order hospital, medic, memberships, so that no two writers wait for each other.
 */
@Injectable()
export class MembershipWriter {
  /** Locks a hospital, before any medic and any membership is. */
  async lockHospital(manager: EntityManager, hospitalId: number): Promise<void> {
    await manager.query('SELECT FROM hospital WHERE id = $1 FOR NO KEY UPDATE', [hospitalId]);
  }

  /** @returns the medic, locked, or null where there is none */
  async lockMedic(manager: EntityManager, medicId: number): Promise<LockedMedic | null> {
    const [medic] = await manager.query<LockedMedic[]>(
      `SELECT id AS "medicId", created_by_id AS "creatorId" FROM medic WHERE id = $1 FOR NO KEY UPDATE`,
      [medicId],
    );
    return medic ?? null;
  }

  /** @returns the hospital and the medic of a membership, both locked, or null where there is none */
  async lockPair(manager: EntityManager, membershipId: number): Promise<LockedPair | null> {
    const [pair] = await manager.query<LockedPair[]>(
      `SELECT s.hospital_id AS "hospitalId", m.id AS "medicId", m.created_by_id AS "creatorId"
       FROM hospital h JOIN membership s ON s.hospital_id = h.id JOIN medic m ON m.id = s.medic_id
       WHERE s.id = $1 FOR NO KEY UPDATE OF h, m`,
      [membershipId],
    );
    return pair ?? null;
  }

  /** @returns how the membership of a locked pair is, or null where there is none */
  async find(manager: EntityManager, { medicId, hospitalId }: LockedPair): Promise<MembershipState | null> {
    const [state] = await manager.query<MembershipState[]>(
      `SELECT type, is_active AS "isActive", is_deleted AS "isDeleted"
       FROM membership WHERE medic_id = $1 AND hospital_id = $2`,
      [medicId, hospitalId],
    );
    return state ?? null;
  }

  /**
   * Stores a new membership of a locked medic.
   * @param mayChoose whether the caller may change the medic's choice of active hospital (rule 4)
   * @returns its id
   * @throws MembershipAlreadyExists rule 1; ActiveHospitalAlreadyChosen rule 4
   */
  async add(
    manager: EntityManager,
    pair: LockedPair,
    wanted: { type: MembershipType; isActive?: boolean | undefined },
    mayChoose: boolean,
  ): Promise<number> {
    const [created] = await manager.query<{ id: number }[]>(
      `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES ($1, $2, $3, false)
       ON CONFLICT ON CONSTRAINT membership_one_per_medic_and_hospital DO NOTHING RETURNING id`,
      [pair.medicId, pair.hospitalId, wanted.type],
    );
    if (created === undefined) throw new MembershipAlreadyExists(await this.idOf(manager, pair));
    const around = await this.surroundings(manager, pair);
    const next = nextState(
      { ...wanted, isActive: false, isDeleted: true },
      { ...wanted, isDeleted: false },
      around,
      mayChoose,
    );
    if (next.isActive) await this.activate(manager, pair);
    return created.id;
  }

  /**
   * Changes the membership of a locked pair by the rules of the contract.
   * @param mayChoose whether the caller may change the medic's choice of active hospital (rule 4)
   * @returns the membership as it is then
   * @throws LastAdminOfHospital rule 2; MembershipIsDeleted; ActiveHospitalAlreadyChosen rule 4
   */
  async change(
    manager: EntityManager,
    pair: LockedPair,
    change: MembershipChange,
    mayChoose: boolean,
  ): Promise<MembershipResponse> {
    const current = await this.find(manager, pair);
    if (current === null) throw new NotFound();
    const next = nextState(current, change, await this.surroundings(manager, pair), mayChoose);
    if (next.isActive && !next.isDeleted) await this.deactivateAll(manager, pair);
    return this.store(manager, pair, next);
  }

  /** Makes the membership of a locked pair, which is live, the medic's only active one (rule 3). */
  async activate(manager: EntityManager, pair: LockedPair): Promise<void> {
    await this.deactivateAll(manager, pair);
    await manager.query('UPDATE membership SET is_active = true WHERE medic_id = $1 AND hospital_id = $2', [
      pair.medicId,
      pair.hospitalId,
    ]);
  }

  /** Clears a locked medic's choice of active hospital. */
  async deactivateAll(manager: EntityManager, { medicId }: LockedMedic): Promise<void> {
    await manager.query(
      'UPDATE membership SET is_active = false WHERE medic_id = $1 AND is_active AND NOT is_deleted',
      [medicId],
    );
  }

  private async store(manager: EntityManager, pair: LockedPair, state: MembershipState): Promise<MembershipResponse> {
    const [rows] = await manager.query<[[MembershipRow], number]>(
      `UPDATE membership s SET type = $3, is_active = $4, is_deleted = $5 FROM medic m
       WHERE m.id = s.medic_id AND s.medic_id = $1 AND s.hospital_id = $2 RETURNING ${MEMBERSHIP_COLUMNS}`,
      [pair.medicId, pair.hospitalId, state.type, state.isActive, state.isDeleted],
    );
    return toMembershipResponse(rows[0]);
  }

  private async surroundings(manager: EntityManager, { medicId, hospitalId }: LockedPair): Promise<Surroundings> {
    const [around] = await manager.query<[Surroundings]>(`SELECT ${SURROUNDINGS}`, [medicId, hospitalId]);
    return around;
  }

  private async idOf(manager: EntityManager, { medicId, hospitalId }: LockedPair): Promise<number> {
    const [row] = await manager.query<[{ id: number }]>(
      'SELECT id FROM membership WHERE medic_id = $1 AND hospital_id = $2',
      [medicId, hospitalId],
    );
    return row.id;
  }
}

/** The columns of {@link Surroundings} for the pair of medic $1 and hospital $2. */
const SURROUNDINGS = `
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = $1 AND o.hospital_id <> $2 AND NOT o.is_deleted) AS "otherLive",
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = $1 AND o.hospital_id <> $2 AND o.is_active AND NOT o.is_deleted) AS "otherActive",
  EXISTS (SELECT FROM membership o
    WHERE o.hospital_id = $2 AND o.medic_id <> $1 AND o.type = 'ADMIN' AND NOT o.is_deleted) AS "otherAdmin"`;
