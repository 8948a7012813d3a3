import type { DataSource } from 'typeorm';
import { TokensService } from '../../src/auth/tokens.service.js';
import { OPERATOR } from '../../src/database/actor.js';
import { inTransaction } from '../../src/database/transaction.js';
import { Hospital } from '../../src/hospitals/hospital.entity.js';
import { emailKeyOf, Medic } from '../../src/medics/medic.entity.js';
import { Membership, MembershipType } from '../../src/memberships/membership.entity.js';
import { recordNewRows, withoutRecord } from '../../src/record/bulk.js';
import { Actor } from './actor.js';
import type { Client } from './client.js';

let number = 0;

/** A hospital and the medics around it. */
export interface HospitalScene {
  readonly hospital: number;
  readonly admin: Actor;
  /** The admin's membership. */
  readonly adminship: number;
  readonly member: Actor;
  /** The member's membership. */
  readonly membership: number;
  /** A medic who belongs to nothing. */
  readonly outsider: Actor;
  /** An ADMIN of another hospital only. */
  readonly stranger: Actor;
}

/** Stores the initial state of a test. */
export class Given {
  constructor(
    private readonly dataSource: DataSource,
    private readonly client: Client,
  ) {}

  async medic(columns: Partial<Medic> = {}): Promise<Actor> {
    number += 1;
    const email = columns.email ?? `medic.${String(number)}@example.org`;
    const row = { name: `Medic ${String(number)}`, email, emailKey: emailKeyOf(email), ...columns };
    const inserted = await this.dataSource.manager.insert(Medic, row);
    const { id } = inserted.identifiers[0] as { id: number };
    return new Actor(id, email, await this.token(id), this.client);
  }

  /** @returns an additional key of a medic */
  token(medicId: number, expiresAt: Date | null = null): Promise<string> {
    return inTransaction(this.dataSource, OPERATOR, (transaction) =>
      new TokensService(this.dataSource).issue(transaction, medicId, {
        label: 'test',
        expiresAt: expiresAt?.toISOString(),
      }),
    );
  }

  async emptyHospital(columns: Partial<Hospital> = {}): Promise<number> {
    const row = { name: 'Hospital', patron: 'HOSPITAL', location: 'Monterrey', contact: '81', ...columns };
    const inserted = await this.dataSource.manager.insert(Hospital, row);
    return (inserted.identifiers[0] as { id: number }).id;
  }

  async membership(medic: Actor, hospital: number, columns: Partial<Membership> = {}): Promise<number> {
    const row = { medicId: medic.id, hospitalId: hospital, type: MembershipType.MEMBER, isActive: false, ...columns };
    const inserted = await this.dataSource.manager.insert(Membership, row);
    return (inserted.identifiers[0] as { id: number }).id;
  }

  /** Adds `count` MEMBERs to a hospital; three at a time join in the same microsecond. */
  async crowd(hospital: number, count: number): Promise<void> {
    await inTransaction(this.dataSource, OPERATOR, async ({ manager }) => {
      await manager.query('SET LOCAL statement_timeout = 0');
      const [firsts] = await manager.query<[Record<string, number>]>(
        `SELECT (SELECT COALESCE(max(id), 0) + 1 FROM medic) AS medic,
           (SELECT COALESCE(max(id), 0) + 1 FROM membership) AS membership`,
      );
      const insert = `WITH added AS (
         INSERT INTO medic (name, email, email_key, entry_id, entry_at)
         SELECT 'Medic', email, email, gen_random_uuid(), clock_timestamp()
         FROM generate_series(1, $2::integer) n, concat($1::integer, '.', n, '@example.org') email
         RETURNING id)
       INSERT INTO membership (medic_id, hospital_id, type, is_active, date_joined, entry_id, entry_at)
       SELECT id, $1, 'MEMBER', true, timestamptz '2020-11-04T01:12:12Z' + id / 3 * interval '1 microsecond',
         gen_random_uuid(), clock_timestamp() FROM added`;
      await withoutRecord(manager, () => manager.query(insert, [hospital, count]));
      await recordNewRows(manager, firsts, OPERATOR);
    });
  }

  /** @returns a hospital with an ADMIN and a MEMBER, both active there, and two medics who have no right in it */
  async hospital(): Promise<HospitalScene> {
    const [admin, member, outsider, stranger] = [
      await this.medic(),
      await this.medic(),
      await this.medic(),
      await this.medic(),
    ];
    const hospital = await this.emptyHospital();
    const adminship = await this.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true });
    const membership = await this.membership(member, hospital, { isActive: true });
    await this.membership(stranger, await this.emptyHospital(), { type: MembershipType.ADMIN, isActive: true });
    return { hospital, admin, adminship, member, membership, outsider, stranger };
  }

  /** @returns the row of a membership */
  async rowOf(membership: number): Promise<Membership> {
    return this.dataSource.manager.findOneByOrFail(Membership, { id: membership });
  }
}
