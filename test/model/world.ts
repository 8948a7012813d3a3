import { invalidToken } from './expected.js';
import { isInForce, limitMembers, type Limits } from './limits.js';

export type Type = 'ADMIN' | 'MEMBER';

export interface ModelMedic {
  id: number;
  name: string;
  email: string;
  readonly creator: ModelMedic | null;
  isActive: boolean;
  token: string;
}

export interface ModelHospital {
  id: number;
  name: string;
  isActive: boolean;
  createdAt: string;
}

export interface ModelMembership extends Limits {
  id: number;
  readonly medic: ModelMedic;
  readonly hospital: ModelHospital;
  type: Type;
  isActive: boolean;
  isDeleted: boolean;
  dateJoined: string;
}

/** Placeholder for an id that the database has not assigned yet. */
export const UNKNOWN = 0;

/** All medics, hospitals and memberships, and their representations in the contract. */
export class World {
  readonly hospitals: ModelHospital[] = [];
  readonly memberships: ModelMembership[] = [];

  constructor(readonly medics: ModelMedic[]) {}

  medic(id: number | undefined): ModelMedic | undefined {
    return this.medics.find((medic) => medic.id === id);
  }

  hospital(id: number | undefined): ModelHospital | undefined {
    return this.hospitals.find((hospital) => hospital.id === id);
  }

  membership(id: number): ModelMembership | undefined {
    return this.memberships.find((membership) => membership.id === id);
  }

  of(medic: ModelMedic, hospital: ModelHospital): ModelMembership | undefined {
    return this.memberships.find((membership) => membership.medic === medic && membership.hospital === hospital);
  }

  /** @returns the medic's live memberships */
  liveOf(medic: ModelMedic): ModelMembership[] {
    return this.memberships.filter((membership) => membership.medic === medic && isLive(membership));
  }

  /** @returns the medic's memberships that are not deleted, in force or not */
  presentOf(medic: ModelMedic): ModelMembership[] {
    return this.memberships.filter((membership) => membership.medic === medic && !membership.isDeleted);
  }

  /** Lets days pass: all limits in time come nearer. */
  pass(days: number): void {
    for (const membership of this.memberships) {
      if (membership.from !== null) membership.from -= days;
      if (membership.until !== null) membership.until -= days;
    }
  }

  activeOf(medic: ModelMedic): ModelMembership | undefined {
    return this.liveOf(medic).find(({ isActive }) => isActive);
  }

  isAdmin(medic: ModelMedic, hospital: ModelHospital): boolean {
    return this.rightOf(medic, hospital) === 'ADMIN';
  }

  rightOf(medic: ModelMedic, hospital: ModelHospital | undefined): Type | undefined {
    return this.liveOf(medic).find((membership) => membership.hospital === hospital)?.type;
  }

  /** @returns whether the hospital exists for the medic: an inactive one is hidden from its MEMBERs */
  sees(medic: ModelMedic, hospital: ModelHospital | undefined): boolean {
    const right = this.rightOf(medic, hospital);
    return right === 'ADMIN' || (right === 'MEMBER' && hospital?.isActive === true);
  }

  adminsOf(hospital: ModelHospital): ModelMedic[] {
    return this.medics.filter((medic) => this.isAdmin(medic, hospital));
  }

  isEmailFree(email: string, except?: ModelMedic): boolean {
    return !this.medics.some((medic) => medic !== except && medic.email.toLowerCase() === email.toLowerCase());
  }

  /** @throws Refused the medic is deactivated, so the key is invalid */
  authenticate(medic: ModelMedic): void {
    if (!medic.isActive) throw invalidToken();
  }

  /** Rule 4. @returns whether `by` may change the medic's choice of active hospital */
  mayChoose(by: ModelMedic, medic: ModelMedic): boolean {
    return by === medic || by === medic.creator;
  }
}

/** Live means neither deleted nor outside its time. */
export function isLive(membership: Limits & { readonly isDeleted: boolean }): boolean {
  return !membership.isDeleted && isInForce(membership);
}

/** An ADMIN that rule 2 relies on: no clock ends it. */
export function isPermanentAdmin(membership: Limits & { readonly type: Type; readonly isDeleted: boolean }): boolean {
  return membership.type === 'ADMIN' && isLive(membership) && membership.until === null;
}

/** The membership of section 2 of the contract, with the limits of section 14. */
export function membershipObject(membership: ModelMembership) {
  const { id, medic, hospital, type, isActive, isDeleted, dateJoined } = membership;
  return {
    id,
    medic: { id: medic.id, name: medic.name, email: medic.email },
    hospital: hospital.id,
    type_membership: type,
    is_active: isActive,
    is_deleted: isDeleted,
    date_joined: dateJoined,
    ...limitMembers(membership),
  };
}

/** The medic of section 6 of the contract. */
export function medicObject(world: World, medic: ModelMedic) {
  const active = world.activeOf(medic);
  return {
    id: medic.id,
    name: medic.name,
    email: medic.email,
    hospital: active?.hospital.id ?? null,
    date_of_birth: null,
    cedula_prof: null,
    specialty_no: null,
    specialty: null,
    alma_mater: null,
    female: null,
    is_active: medic.isActive,
    specialty_verified: false,
    campaign: '',
    is_admin_membership: active === undefined ? null : active.type === 'ADMIN',
  };
}

/** The required fields of a hospital besides its name. */
export const ADDRESS = { patron: 'HOSPITAL', location: 'Monterrey', contact: '81' };

/** The hospital of section 5 of the contract, as `by` sees it. */
export function hospitalObject(world: World, by: ModelMedic, hospital: ModelHospital) {
  return {
    id: hospital.id,
    created_at: hospital.createdAt,
    name: hospital.name,
    ...ADDRESS,
    headline: '',
    page_size: false,
    page_template: 'classic',
    picture: null,
    university_logo: null,
    is_active: hospital.isActive,
    is_admin: world.isAdmin(by, hospital),
    info: false,
    send_emails: true,
    zip_code: '',
    location_lat: '',
    location_lon: '',
    google_place_id: '',
  };
}
