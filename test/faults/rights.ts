import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { run } from '../support/cli.js';
import { valueOf } from '../support/hand.js';
import { passing } from '../support/limits.js';
import { newAsker, usesOfAsker } from './asked.js';
import { by, type Reply, type Sent } from './exchange.js';
import type { Scratch } from './scratch.js';

/** A request that uses a right; `turn` counts the requests of one user from 0. */
export type Use = (turn: number) => Sent;

/** Ways to use a right, by route; each call prepares its own rows for one user. */
export type Uses = Readonly<Record<string, () => Promise<Use>>>;

/** A right and how it is removed. */
export interface Right {
  readonly uses: Uses;
  /** Removes the right, perhaps through the process at `url`. @throws Error it was not removed */
  readonly takeAway: (url: string) => Promise<void>;
}

/** @returns whether a way to use a right is a question of a service: a decision, a batch or a search */
export function isDecision(use: string): boolean {
  return use.startsWith('POST /access/v1/');
}

/** Creates rights of each kind in a database of its own. */
export class Rights {
  private newcomers: number[] = [];

  /** The ways to remove a right. */
  readonly kinds: Readonly<Record<string, () => Promise<Right>>> = {
    'a MEMBER is removed by DELETE': () => this.ofMember((id) => ['DELETE', membershipPath(id)]),
    'a MEMBER is removed by PATCH is_deleted': () => this.ofMember((id) => patch(id, { is_deleted: true })),
    'an ADMIN is removed by DELETE': () => this.ofAdmin((id) => ['DELETE', membershipPath(id)]),
    'an ADMIN is removed by PATCH is_deleted': () => this.ofAdmin((id) => patch(id, { is_deleted: true })),
    'an ADMIN is demoted by PATCH type_membership': () =>
      this.ofAdmin((id) => patch(id, { type_membership: 'MEMBER' })),
    'an ADMIN is demoted by PATCH medics is_admin_membership': () =>
      this.ofAdmin((_, medic) => ['PATCH', `/medics/${String(medic.id)}`, { is_admin_membership: false }]),
    'a MEMBER ends by valid_until': () => this.ofMember('at its end'),
    'an ADMIN ends by valid_until': () => this.ofAdmin('at its end'),
    'a medic is deactivated': () =>
      this.ofKey(
        (medic, creator) => this.byRequest(by(creator, 'PATCH', `/medics/${String(medic.id)}`, { is_active: false })),
        (medic, hospital) => this.asked(medic, hospital, 'administer'),
      ),
    'a hospital is deactivated': () => this.ofHospital(),
    'a service account is revoked': () => this.ofAsker(),
    'a token is revoked by its medic': () => this.ofKey((medic) => this.byRequest(by(medic, 'DELETE', '/token-auth/'))),
    'a token is revoked by the operator': () => this.ofKey((medic) => () => this.revoke(medic)),
    'a token is rotated without grace': () =>
      this.ofKey((medic) => this.byRequest(by(medic, 'POST', '/token-auth/rotate?grace=0'))),
  };

  /** @param send sends a request that removes a right */
  constructor(
    private readonly scratch: Scratch,
    private readonly send: (url: string, removal: Sent) => Promise<Reply>,
  ) {}

  /** The kinds whose removal is acknowledged; a membership that ends by itself has nobody to tell. */
  get acknowledged(): [kind: string, make: () => Promise<Right>][] {
    return Object.entries(this.kinds).filter(([kind]) => !kind.endsWith(' ends by valid_until'));
  }

  /** Stores this many medics without memberships, so that memberships can be created. */
  async addNewcomers(count: number): Promise<void> {
    const rows = await this.scratch.query<{ id: number }>(
      `INSERT INTO medic (name, email, email_key)
       SELECT 'Newcomer', email, email
       FROM generate_series(1, $1::integer) n, concat(n, '.', gen_random_uuid(), '@example.org') email
       RETURNING id`,
      [count],
    );
    this.newcomers = rows.map(({ id }) => id);
  }

  private async ofMember(removal: Removal): Promise<Right> {
    const { hospital, admin, member, membership } = await this.scratch.given.hospital();
    return {
      uses: {
        ...(await this.asked(member, hospital, 'prescribe')),
        'GET /hospital/{id}': always(by(member, 'GET', `/hospital/${String(hospital)}`)),
        'GET /management/memberships/{id}, its own': always(by(member, 'GET', membershipPath(membership))),
        'PATCH /locations/update': always(by(member, 'PATCH', '/locations/update/', { hospital_id: hospital })),
      },
      takeAway: this.byRemoval(removal, membership, member, admin),
    };
  }

  private async ofAdmin(removal: Removal): Promise<Right> {
    const { given } = this.scratch;
    const { hospital, admin, adminship } = await given.hospital();
    const other = await given.medic({ createdById: admin.id });
    const columns = { type: MembershipType.ADMIN, isActive: true };
    const id = await given.membership(other, hospital, columns);
    return {
      uses: { ...this.usesOfAdmin(other, hospital, adminship), ...(await this.asked(other, hospital, 'administer')) },
      takeAway: this.byRemoval(removal, id, other, admin),
    };
  }

  /** An active hospital, at which its MEMBERs may prescribe. */
  private async ofHospital(): Promise<Right> {
    const { hospital, admin, member } = await this.scratch.given.hospital();
    return {
      uses: await this.asked(member, hospital, 'prescribe'),
      takeAway: this.byRequest(by(admin, 'PATCH', `/hospital/${String(hospital)}`, { is_active: false })),
    };
  }

  /** The key of a service account. */
  private async ofAsker(): Promise<Right> {
    const { hospital, member } = await this.scratch.given.hospital();
    const asker = await newAsker(this.scratch);
    return { uses: usesOfAsker(asker, member.id, hospital, 'prescribe'), takeAway: () => asker.revoke() };
  }

  private async asked(medic: Actor, hospital: number, action: 'prescribe' | 'administer'): Promise<Uses> {
    return usesOfAsker(await newAsker(this.scratch), medic.id, hospital, action);
  }

  /** The key of an ADMIN, whose rights all end with the key. */
  private async ofKey(
    removal: (medic: Actor, creator: Actor) => Right['takeAway'],
    asked?: (medic: Actor, hospital: number) => Promise<Uses>,
  ): Promise<Right> {
    const { given } = this.scratch;
    const creator = await given.medic();
    const medic = await given.medic({ createdById: creator.id });
    const hospital = await given.emptyHospital();
    const adminship = await given.membership(medic, hospital, { type: MembershipType.ADMIN, isActive: true });
    return {
      uses: {
        'GET /locations': always(by(medic, 'GET', '/locations/')),
        'PATCH /medics/{id}': always(by(medic, 'PATCH', `/medics/${String(medic.id)}`, { campaign: 'x' })),
        'POST /hospital': always(by(medic, 'POST', '/hospital/', HOSPITAL)),
        ...this.usesOfAdmin(medic, hospital, adminship),
        ...(await asked?.(medic, hospital)),
      },
      takeAway: removal(medic, creator),
    };
  }

  private usesOfAdmin(admin: Actor, hospital: number, adminship: number): Uses {
    const { given } = this.scratch;
    const member = async () => given.membership(await given.medic(), hospital, { isActive: true });
    return {
      'GET /memberships/{hospital}': always(by(admin, 'GET', `/memberships/${String(hospital)}?limit=5`)),
      'GET /management/memberships/{id}': always(by(admin, 'GET', membershipPath(adminship))),
      'PATCH /hospital/{id}': always(by(admin, 'PATCH', `/hospital/${String(hospital)}`, { headline: 'x' })),
      'POST /management/memberships': () =>
        Promise.resolve(() => by(admin, 'POST', '/management/memberships/', { hospital, medic: this.newcomer() })),
      'PATCH /management/memberships/{id}': async () => {
        const id = await member();
        return (turn) => by(admin, ...patch(id, { type_membership: turn % 2 === 0 ? 'ADMIN' : 'MEMBER' }));
      },
      'DELETE /management/memberships/{id}, and restoring it': async () => {
        const id = await member();
        return (turn) =>
          turn % 2 === 0 ? by(admin, 'DELETE', membershipPath(id)) : by(admin, ...patch(id, { is_deleted: false }));
      },
      'POST /medics with hospital': () => Promise.resolve(() => by(admin, 'POST', '/medics/', medicBody({ hospital }))),
    };
  }

  private newcomer(): number {
    const id = this.newcomers.pop();
    if (id === undefined) throw new Error('There are no more newcomers.');
    return id;
  }

  private byRemoval(removal: Removal, membership: number, medic: Actor, admin: Actor): Right['takeAway'] {
    return removal === 'at its end'
      ? () => this.passEnd(membership)
      : this.byRequest(by(admin, ...removal(membership, medic)));
  }

  /**
   * Gives a membership an end that the database's clock passes right away. The service reads a membership and writes it
   * under the lock of its medic, so this takes the lock as well.
   */
  private async passEnd(membership: number): Promise<void> {
    const { dataSource } = this.scratch.database;
    const end = `WITH held AS MATERIALIZED (
        SELECT m.id FROM medic m JOIN membership s ON s.medic_id = m.id WHERE s.id = $1 FOR NO KEY UPDATE OF m),
      ending AS (
        UPDATE membership s SET valid_until = clock_timestamp() + interval '50 milliseconds' FROM held
        WHERE s.id = $1 AND s.medic_id = held.id RETURNING s.valid_until)
      SELECT valid_until::text AS value FROM ending`;
    await passing(dataSource, await valueOf<string>(dataSource, end, [membership]));
  }

  private byRequest(removal: Sent): Right['takeAway'] {
    return async (url) => {
      const { status, text } = await this.send(url, removal);
      if (status >= 300) throw new Error(`${removal.method} ${removal.path} answers ${String(status)} ${text}`);
    };
  }

  private async revoke({ email }: Actor): Promise<void> {
    const { code, err } = await run(this.scratch.database.variables, 'token', 'revoke', '--medic', email, '--all');
    if (code !== 0) throw new Error(`token revoke ends with ${String(code)}: ${err}`);
  }
}

/** The arguments of {@link by} after the ADMIN, for a medic with a membership, or the end of its time. */
type Removal = ((membership: number, medic: Actor) => [method: string, path: string, body?: object]) | 'at its end';

function membershipPath(id: number): string {
  return `/management/memberships/${String(id)}`;
}

function patch(membership: number, change: object): [string, string, object] {
  return ['PATCH', membershipPath(membership), change];
}

function always(request: Sent): () => Promise<Use> {
  return () => Promise.resolve(() => request);
}
