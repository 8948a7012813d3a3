import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { standAlone } from '../database/pool.js';
import type { Statements } from '../database/statements.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import { actingAdminshipHeld, adminshipHeld, live } from '../access/rights.sql.js';
import type { MembershipKey } from './membership-rules.js';
import { LOCKED_PAIR } from './membership-writer.js';
import type { MembershipType } from './membership.entity.js';

/**
 * The most frequent writes, each in one statement that locks, authorises and stores, where nothing stands in the
 * way. Where something does, nothing is stored, and a transaction is to find out what.
 */
@Injectable()
export class SingleStatementWrites {
  private readonly alone: Statements;

  constructor(dataSource: DataSource) {
    this.alone = standAlone(dataSource);
  }

  /**
   * Adds a MEMBER or ADMIN, where the caller is an ADMIN of the hospital, and stays one until it is stored, and
   * the medic has no membership there. The first live membership of a medic is the active one (rule 3).
   * @returns its id, or null where nothing was stored, for whatever reason
   */
  async tryInsert(
    callerId: number,
    { medicId, hospitalId }: MembershipKey,
    type: MembershipType,
  ): Promise<number | null> {
    const [created] = await this.alone.query<{ id: number }>(INSERT, [medicId, hospitalId, type, callerId]);
    return created?.id ?? null;
  }

  /**
   * Makes a live membership of another medic one of a MEMBER or ADMIN, where the caller is an ADMIN of its
   * hospital whose account is active, and stays so until it is stored: the hospital keeps an ADMIN who can act (rule 2).
   * @returns the membership as it is then, or null where nothing was stored, for whatever reason
   */
  async trySetType(callerId: number, membershipId: number, type: MembershipType): Promise<MembershipResponse | null> {
    const [row] = await this.alone.query<MembershipRow>(SET_TYPE, [membershipId, type, callerId]);
    return row === undefined ? null : toMembershipResponse(row);
  }
}

/**
 * A pair that has a membership gets no row, so that its refusal uses up no id. What the snapshot did not see yet, such
 * as another first membership, meets a unique index and stores nothing.
 */
const INSERT = `
  WITH locked AS MATERIALIZED (SELECT id FROM medic WHERE id = $1 FOR NO KEY UPDATE),
    allowed AS MATERIALIZED (SELECT locked.id FROM locked, ${adminshipHeld('$4', '$2')})
  INSERT INTO membership (medic_id, hospital_id, type, is_active)
  SELECT id, $2, $3, NOT EXISTS (SELECT FROM membership o WHERE o.medic_id = $1 AND ${live('o')}) FROM allowed
  WHERE NOT EXISTS (SELECT FROM membership p WHERE p.medic_id = $1 AND p.hospital_id = $2)
  ON CONFLICT DO NOTHING RETURNING id`;

/** The medic that {@link MEMBERSHIP_COLUMNS} takes from `m` has been read with its lock. */
const SET_TYPE = `
  WITH pair AS MATERIALIZED (SELECT s.id, s.hospital_id, m.name, m.email ${LOCKED_PAIR}),
    allowed AS MATERIALIZED (SELECT pair.* FROM pair, ${actingAdminshipHeld('$3', 'pair.hospital_id')})
  UPDATE membership s SET type = $2 FROM allowed m
  WHERE s.id = m.id AND s.medic_id <> $3 AND ${live('s')} RETURNING ${MEMBERSHIP_COLUMNS}`;
