import type { DataSource } from 'typeorm';
import { SCOPE_NAMES } from '../../src/auth/scope.js';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { givenOn } from '../faults/scratch.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { Actor } from '../support/actor.js';
import type { Client } from '../support/client.js';
import { WITHIN } from '../support/limits.js';
import type { Scene } from '../support/requests.js';

/** The people and rows around a hospital of ordinary size. */
export interface OrdinaryScene extends Scene {
  /** A medic of other hospitals. */
  readonly busy: Actor;
  /** Id of a deleted membership of the hospital. */
  readonly deleted: number;
  /** The SHA-256 of the hospital's picture. */
  readonly picture: string;
}

/** The id in the middle: hospitals there are of ordinary size, and the very large ones come first. */
const MIDDLE = 'SELECT (min(id) + max(id)) / 2 FROM hospital';

/** Finds hospitals of ordinary size in a seeded database, each with an ADMIN who created some medics. */
export class Ordinary {
  /** Number of hospitals used so far, which earlier services have changed. */
  private static taken = 0;

  constructor(private readonly dataSource: DataSource) {}

  /** @returns a hospital that was not used before, with seeded medics around it */
  async next(): Promise<OrdinaryScene> {
    Ordinary.taken += 1;
    const given = givenOn(this.dataSource);
    const [{ hospital, admins, members }] = await this.dataSource.query<[Found]>(FIND, [Ordinary.taken]);
    const [[adminship, admin] = NOBODY] = admins;
    const [[membership, member] = NOBODY, [deleted] = NOBODY] = members;
    await this.dataSource.query('UPDATE membership SET is_deleted = true WHERE id = $1', [deleted]);
    const [{ id: busy }] = await this.dataSource.query<[{ id: number }]>(BUSY, [hospital]);
    const [{ picture }] = await this.dataSource.query<[{ picture: string }]>(
      `SELECT encode(digest, 'hex') AS picture FROM hospital_picture WHERE hospital_id = $1`,
      [hospital],
    );
    const [actor, stranger] = [await this.actor(admin), await this.actor(busy)];
    const created = await given.medic({ createdById: admin });
    const locum = await given.medic();
    await given.membership(locum, hospital, { type: MembershipType.ADMIN, ...WITHIN });
    for (let more = 0; more < 20; more += 1) await given.medic({ createdById: admin });
    return {
      hospital,
      admin: actor,
      adminship,
      member: await this.actor(member),
      membership,
      outsider: await given.medic(),
      stranger,
      created,
      locum,
      asker: {
        token: (
          await new ServiceAccounts(this.dataSource).create({
            name: `asker-${String(Ordinary.taken)}`,
            scopes: SCOPE_NAMES,
          })
        ).key,
      },
      busy: stranger,
      deleted,
      picture,
    };
  }

  /** @returns the largest hospital, its number of live memberships, and an ADMIN of it */
  async largest(): Promise<{ hospital: number; count: number; admin: Actor }> {
    const [{ hospital, count, medic }] = await this.dataSource.query<
      [{ hospital: number; count: number; medic: number }]
    >(
      `SELECT hospital_id AS hospital, count(*)::integer AS count,
         min(medic_id) FILTER (WHERE type = 'ADMIN') AS medic
       FROM membership WHERE NOT is_deleted GROUP BY 1 ORDER BY 2 DESC LIMIT 1`,
    );
    return { hospital, count, admin: await this.actor(medic) };
  }

  /**
   * @param count number of memberships of seeded medics; three join in each microsecond
   * @returns a new hospital with that many memberships, and its ADMIN
   */
  async huge(count: number): Promise<{ hospital: number; admin: Actor }> {
    const given = givenOn(this.dataSource);
    const admin = await given.medic();
    const hospital = await given.emptyHospital();
    await given.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true });
    await this.dataSource.query(
      `INSERT INTO membership (medic_id, hospital_id, type, is_active, date_joined)
       SELECT id, $1, 'MEMBER', false, timestamptz '2020-11-04T01:12:12Z' + id / 3 * interval '1 microsecond'
       FROM medic WHERE id <> $2 ORDER BY id LIMIT $3`,
      [hospital, admin.id, count - 1],
    );
    return { hospital, admin };
  }

  private async actor(id: number): Promise<Actor> {
    const [{ email }] = await this.dataSource.query<[{ email: string }]>('SELECT email FROM medic WHERE id = $1', [id]);
    return new Actor(id, email, await givenOn(this.dataSource).token(id), undefined as unknown as Client);
  }
}

/** The ids of a membership and of its medic. */
interface Found {
  readonly hospital: number;
  readonly admins: [number, number][];
  readonly members: [number, number][];
}

const NOBODY: readonly [number, number] = [0, 0];

const FIND = `SELECT hospital_id AS hospital,
    jsonb_agg(jsonb_build_array(id, medic_id) ORDER BY id) FILTER (WHERE type = 'ADMIN') AS admins,
    jsonb_agg(jsonb_build_array(id, medic_id) ORDER BY id) FILTER (WHERE type = 'MEMBER') AS members
  FROM membership WHERE hospital_id = (${MIDDLE}) + $1::integer GROUP BY 1`;

const BUSY = `SELECT s.medic_id AS id FROM membership s
  WHERE s.hospital_id = $1::integer + 1000 AND s.type = 'MEMBER' AND NOT EXISTS (
    SELECT FROM membership o WHERE o.medic_id = s.medic_id AND o.hospital_id = $1) ORDER BY s.id LIMIT 1`;
