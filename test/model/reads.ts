import * as answers from './expected.js';
import { answered, type Expected, type Link } from './expected.js';
import { isInForce } from './limits.js';
import {
  hospitalObject,
  isLive,
  medicObject,
  membershipObject,
  type ModelMedic,
  type ModelMembership,
} from './world.js';
import type { Model } from './model.js';

/** The query parameters of a list. */
export type Query = Readonly<Record<string, string | number | boolean>>;

/** The contract's response to each GET. */
export class Reads {
  constructor(private readonly model: Model) {}

  memberships(by: ModelMedic, path: string, query: Query): Expected {
    const { managed = false, hospital, type_membership, is_active } = query;
    const inScope = (membership: ModelMembership) =>
      managed === true ? this.model.isAdmin(by, membership.hospital) : membership.medic === by && isLive(membership);
    const found = this.model.memberships
      .filter(inScope)
      .filter((membership) => matches(membership, query))
      .filter((membership) => hospital === undefined || membership.hospital.id === hospital)
      .filter((membership) => type_membership === undefined || membership.type === type_membership)
      .filter((membership) => is_active === undefined || membership.isActive === is_active);
    return page(path, query, byId(found).map(membershipObject));
  }

  membership(by: ModelMedic, id: number): Expected {
    const membership = this.model.membership(id);
    const isOwn = membership?.medic === by && isLive(membership);
    if (membership === undefined || !(isOwn || this.model.isAdmin(by, membership.hospital))) throw answers.notFound();
    return answered(200, () => membershipObject(membership));
  }

  membershipsOfHospital(by: ModelMedic, path: string, id: number, query: Query): Expected {
    const hospital = this.model.hospital(id);
    if (hospital === undefined || !this.model.isAdmin(by, hospital)) throw answers.unauthorizedMedic();
    const { type_membership, limit, offset } = query;
    const found = this.model.memberships
      .filter((membership) => membership.hospital === hospital && matches(membership, query))
      .filter((membership) => type_membership === undefined || membership.type === type_membership)
      .sort((a, b) => (a.dateJoined === b.dateJoined ? b.id - a.id : a.dateJoined < b.dateJoined ? 1 : -1))
      .map(membershipObject);
    if (limit === undefined && offset === undefined) return answered(200, () => found);
    const { results, next, previous } = slice(path, query, found);
    const links = { ...(next && { next }), ...(previous && { prev: previous }) };
    return { ...answered(200, () => results), links };
  }

  locations(by: ModelMedic): Expected {
    const found = this.seenBy(by).map(({ hospital, isActive }) => ({
      hospital: { id: hospital.id, name: hospital.name, location: 'Monterrey' },
      default: isActive,
      clinics: [],
    }));
    const others = found.filter((location) => !location.default);
    return answered(200, () => [...found.filter((location) => location.default), ...others]);
  }

  hospitals(by: ModelMedic, path: string, query: Query): Expected {
    const found = byId(this.seenBy(by).map(({ hospital }) => hospital));
    return page(
      path,
      query,
      found.map((hospital) => hospitalObject(this.model, by, hospital)),
    );
  }

  hospital(by: ModelMedic, id: number): Expected {
    const hospital = this.model.hospital(id);
    if (hospital === undefined || !this.model.sees(by, hospital)) throw answers.notFound();
    return answered(200, () => hospitalObject(this.model, by, hospital));
  }

  private seenBy(medic: ModelMedic): ModelMembership[] {
    return this.model.liveOf(medic).filter(({ hospital }) => this.model.sees(medic, hospital));
  }

  medics(by: ModelMedic, path: string, query: Query): Expected {
    const found = byId(this.model.medics.filter(({ creator }) => creator === by));
    return page(
      path,
      query,
      found.map((medic) => medicObject(this.model, medic)),
    );
  }

  medic(by: ModelMedic, id: number): Expected {
    const medic = this.model.medic(id);
    if (medic === undefined || (by !== medic && by !== medic.creator)) throw answers.notFound();
    return answered(200, () => medicObject(this.model, medic));
  }

  search(path: string, query: Query): Expected {
    const wanted = typeof query['query'] === 'string' ? query['query'].toLowerCase() : undefined;
    const found = this.model.medics.filter(({ email }) => email.toLowerCase() === wanted);
    return page(
      path,
      query,
      found.map(({ id, email }) => ({ id, email })),
    );
  }
}

/** Without `in_force`, lists contain what is live, or all that is deleted. */
function matches(membership: ModelMembership, { is_deleted = false, in_force }: Query): boolean {
  const wanted = in_force ?? (is_deleted === true ? undefined : true);
  return membership.isDeleted === is_deleted && (wanted === undefined || isInForce(membership) === wanted);
}

function byId<T extends { id: number }>(rows: T[]): T[] {
  return rows.toSorted((a, b) => a.id - b.id);
}

function page(path: string, query: Query, rows: unknown[]): Expected {
  return answered(200, () => ({ count: rows.length, ...slice(path, query, rows) }));
}

interface Slice {
  readonly next: Link | null;
  readonly previous: Link | null;
  readonly results: unknown[];
}

/** @returns the page of a list that a query requests, and the links to its neighbours */
function slice(path: string, query: Query, rows: unknown[]): Slice {
  const limit = Number(query['limit'] ?? 15);
  const offset = Number(query['offset'] ?? 0);
  const at = (start: number): Link => ({
    path,
    parameters: Object.fromEntries(
      Object.entries({ ...query, limit, offset: start }).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
    ),
  });
  return {
    next: offset + limit < rows.length ? at(offset + limit) : null,
    previous: offset > 0 ? at(Math.max(offset - limit, 0)) : null,
    results: rows.slice(offset, offset + limit),
  };
}
