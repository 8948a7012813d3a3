import type { Stored } from './command.js';
import * as answers from './expected.js';
import { answered, type Expected } from './expected.js';
import { isInForce, limitsAfter, UNLIMITED, type LimitFields } from './limits.js';
import { flagAfter, holderAfter, isUpcoming, type State } from './waiting.js';
import {
  hospitalObject,
  isLive,
  isPermanentAdmin,
  medicObject,
  membershipObject,
  UNKNOWN,
  World,
  type ModelHospital,
  type ModelMedic,
  type ModelMembership,
  type Type,
} from './world.js';

/** The fields of a membership that are sent; all are optional, and the type may be invalid. */
export interface MembershipFields extends LimitFields {
  readonly medic?: number;
  readonly hospital?: number;
  readonly type_membership?: string;
  readonly is_active?: boolean;
  readonly is_deleted?: boolean;
}

export interface MedicFields {
  readonly name?: string;
  readonly email?: string;
  readonly is_active?: boolean;
  readonly hospital?: number | null;
  readonly is_admin_membership?: boolean | null;
}

/** The writes of sections 3 to 6 and 14 of the contract, one at a time, written from the contract's text. */
export class Model extends World {
  readonly stored: Stored[] = [];

  createHospital(by: ModelMedic, fields: { name: string; is_admin?: boolean; is_active?: boolean }): Expected {
    const hospital = { id: UNKNOWN, name: fields.name, isActive: fields.is_active ?? true, createdAt: '' };
    this.hospitals.push(hospital);
    this.add(by, hospital, fields.is_admin === false ? 'MEMBER' : 'ADMIN', {}, true);
    return answered(201, () => hospitalObject(this, by, hospital));
  }

  changeHospital(by: ModelMedic, id: number, fields: { name?: string; is_active?: boolean }): Expected {
    const hospital = this.hospital(id);
    if (hospital === undefined || !this.sees(by, hospital)) throw answers.notFound();
    if (!this.isAdmin(by, hospital)) throw answers.unauthorizedMedic();
    hospital.name = fields.name ?? hospital.name;
    hospital.isActive = fields.is_active ?? hospital.isActive;
    return answered(201, () => hospitalObject(this, by, hospital));
  }

  createMembership(by: ModelMedic, fields: MembershipFields): Expected {
    const hospital = this.hospital(fields.hospital);
    if (fields.hospital !== undefined) this.requireAdmin(by, hospital);
    const wrong = [
      ...(fields.medic === undefined ? ['medic'] : []),
      ...(hospital === undefined ? ['hospital'] : []),
      ...(isType(fields.type_membership) ? [] : ['type_membership']),
      ...(fields.is_deleted === true ? ['is_deleted'] : []),
    ];
    if (wrong.length > 0 || hospital === undefined) throw answers.invalid(...wrong);
    const medic = this.medic(fields.medic);
    if (medic === undefined) throw answers.invalid('medic');
    const present = this.of(medic, hospital);
    if (present !== undefined) throw answers.alreadyExists(present.id);
    const type = typeOf(fields.type_membership) ?? 'MEMBER';
    const added = this.add(medic, hospital, type, fields, this.mayChoose(by, medic));
    const body = { medic: medic.id, hospital: hospital.id, type_membership: type };
    return answered(201, () => ({ id: added.id, ...body }));
  }

  changeMembership(by: ModelMedic, id: number, fields: MembershipFields): Expected {
    const membership = this.membership(id);
    if (membership === undefined) throw answers.notFound();
    this.requireAdmin(by, membership.hospital);
    if (!isType(fields.type_membership)) throw answers.invalid('type_membership');
    const moved = [
      ...((fields.medic ?? membership.medic.id) === membership.medic.id ? [] : ['medic']),
      ...((fields.hospital ?? membership.hospital.id) === membership.hospital.id ? [] : ['hospital']),
    ];
    if (moved.length > 0) throw answers.invalid(...moved);
    this.change(membership, fields, this.mayChoose(by, membership.medic));
    return answered(201, () => membershipObject(membership));
  }

  removeMembership(by: ModelMedic, id: number): Expected {
    const membership = this.membership(id);
    if (membership === undefined) throw answers.notFound();
    if (by !== membership.medic) this.requireAdmin(by, membership.hospital);
    if (membership.isDeleted || (by === membership.medic && !isLive(membership))) throw answers.notFound();
    this.change(membership, { is_deleted: true }, true);
    return answered(201, () => membershipObject(membership));
  }

  chooseLocation(by: ModelMedic, id: number | undefined): Expected {
    if (id === undefined) throw answers.invalid('hospital_id');
    const membership = this.liveOf(by).find(({ hospital }) => hospital.id === id);
    if (membership === undefined || !this.sees(by, membership.hospital)) throw answers.notFound('Hospital not found');
    this.activate(membership);
    return answered(200, () => ({ message: 'Hospital updated successfully' }));
  }

  createMedic(by: ModelMedic, fields: MedicFields & { name: string; email: string }): Expected {
    const { name, email, is_active: isActive = true, hospital: wanted = null } = fields;
    const hospital = wanted === null ? undefined : this.assignable(by, wanted);
    if (!this.isEmailFree(email)) throw answers.invalid('email');
    const medic: ModelMedic = { id: UNKNOWN, name, email, creator: by, isActive, token: '' };
    this.medics.push(medic);
    if (hospital !== undefined)
      this.add(medic, hospital, fields.is_admin_membership === true ? 'ADMIN' : 'MEMBER', {}, true);
    return answered(201, () => ({ ...medicObject(this, medic), token: medic.token }));
  }

  changeMedic(by: ModelMedic, id: number, fields: MedicFields): Expected {
    const medic = this.medic(id);
    if (medic === undefined || !this.mayChoose(by, medic)) throw answers.notFound();
    const place = this.placing(by, medic, fields);
    if (fields.email !== undefined && !this.isEmailFree(fields.email, medic)) throw answers.invalid('email');
    place();
    medic.name = fields.name ?? medic.name;
    medic.email = fields.email ?? medic.email;
    medic.isActive = fields.is_active ?? medic.isActive;
    return answered(202, () => medicObject(this, medic));
  }

  /** Checks the right to send `hospital` and `is_admin_membership`. @returns the function that applies them */
  private placing(by: ModelMedic, medic: ModelMedic, fields: MedicFields): () => void {
    const { hospital: wanted, is_admin_membership } = fields;
    const isAdmin = is_admin_membership ?? undefined;
    if (wanted === undefined && isAdmin === undefined) return () => undefined;
    const hospital = wanted === undefined ? this.activeOf(medic)?.hospital : this.hospital(wanted ?? undefined);
    if (hospital === undefined) {
      if (typeof wanted === 'number') throw answers.cannotAssign(wanted);
      if (isAdmin !== undefined) throw answers.invalid('is_admin_membership');
      return () => {
        // A flag that waits is no choice.
        const isChoice = (each: ModelMembership) => this.liveOf(medic).length > 0 || !isUpcoming(each);
        for (const membership of this.presentOf(medic).filter(isChoice)) membership.isActive = false;
      };
    }
    const type: Type | undefined = isAdmin === undefined ? undefined : isAdmin ? 'ADMIN' : 'MEMBER';
    const present = this.of(medic, hospital);
    const staysAsItIs = present !== undefined && isLive(present) && (type ?? present.type) === present.type;
    const isHidden = wanted !== undefined && !this.sees(medic, hospital);
    if (!staysAsItIs || isHidden) this.assignable(by, hospital.id);
    return () => {
      if (present === undefined) this.add(medic, hospital, type ?? 'MEMBER', { is_active: true }, true);
      else this.choose(present, wanted !== undefined, type);
    };
  }

  /** Makes a membership live, and the active one, by a change of its medic, who cannot change the limits. */
  private choose(membership: ModelMembership, isChosen: boolean, type: Type | undefined): void {
    if (membership.isDeleted && membership.until !== null && membership.until <= 0) throw answers.invalid('hospital');
    if (isChosen && !isInForce(membership)) throw answers.notInForce();
    const chosen = isChosen ? { is_active: true } : {};
    this.change(membership, { ...chosen, is_deleted: false, ...(type && { type_membership: type }) }, true);
  }

  /** @returns the hospital, if the medic is an ADMIN of it. @throws Refused the medic is not */
  assignable(by: ModelMedic, id: number): ModelHospital {
    const hospital = this.hospital(id);
    if (hospital === undefined || !this.isAdmin(by, hospital)) throw answers.cannotAssign(id);
    return hospital;
  }

  /** @returns the hospital. @throws Refused the medic is not an ADMIN of it */
  requireAdmin(by: ModelMedic, hospital: ModelHospital | undefined): ModelHospital {
    if (hospital === undefined || !this.isAdmin(by, hospital)) throw answers.unauthorizedMedic();
    return hospital;
  }

  private add(medic: ModelMedic, hospital: ModelHospital, type: Type, fields: MembershipFields, mayChoose: boolean) {
    const state = { type, isActive: false, isDeleted: true, dateJoined: '' };
    const limits = limitsAfter(UNLIMITED, fields, true);
    const membership: ModelMembership = { id: UNKNOWN, medic, hospital, ...state, ...limits };
    if (isInForce(limits)) this.revive(membership, fields.is_active, mayChoose);
    else this.put(membership, { isDeleted: false, ...limits }, fields.is_active);
    this.memberships.push(membership);
    return membership;
  }

  private change(membership: ModelMembership, fields: MembershipFields, mayChoose: boolean): void {
    const type = typeOf(fields.type_membership) ?? membership.type;
    const { is_active: wanted, is_deleted: isDeleted = membership.isDeleted } = fields;
    const limits = limitsAfter(membership, fields, membership.isDeleted && !isDeleted);
    const { isActive, from, until } = membership;
    if (membership.isDeleted && isDeleted) {
      const staysLimited = limits.from === from && limits.until === until;
      const stays = type === membership.type && (wanted ?? isActive) === isActive && staysLimited;
      if (!stays) throw answers.isDeletedNow();
      return;
    }
    const next = { type, isDeleted, ...limits };
    if (this.isLastAdmin(membership) && !isPermanentAdmin(next)) throw answers.lastAdmin();
    const wasLive = isLive(membership);
    if (isLive(next) && !wasLive) this.revive(membership, wanted, mayChoose);
    else if (wasLive && wanted !== undefined && wanted !== isActive && (isDeleted || isLive(next) || !wanted)) {
      if (!mayChoose && this.activeOf(membership.medic) !== undefined) throw answers.choiceOfAnother();
      // A membership that is deleted in the same request does not replace the active one.
      if (wanted && !isDeleted) this.activate(membership);
      if (isDeleted || isLive(next)) membership.isActive = wanted;
    }
    if (isLive(next)) Object.assign(membership, next);
    else this.put(membership, next, wanted);
  }

  /** Stores a state that is not live, and moves the flag that waits by it. */
  private put(membership: ModelMembership, next: State, wanted: boolean | undefined): void {
    const holder = holderAfter(this, membership, next);
    const flag = flagAfter(this, membership, next, wanted, holder);
    Object.assign(membership, next, { isActive: flag });
    if (holder !== undefined || (flag && !next.isDeleted)) this.activate(holder ?? membership);
  }

  /** Rules 3 and 4 for a membership that becomes live. */
  private revive(membership: ModelMembership, wanted: boolean | undefined, mayChoose: boolean): void {
    const isFirst = this.liveOf(membership.medic).length === 0;
    const another = this.activeOf(membership.medic) !== undefined;
    if (wanted === true && another && !mayChoose) throw answers.choiceOfAnother();
    membership.isDeleted = false;
    if (isFirst || (wanted ?? (membership.isActive && !another))) this.activate(membership);
    else membership.isActive = false;
  }

  private activate(membership: ModelMembership): void {
    for (const other of this.presentOf(membership.medic)) other.isActive = false;
    membership.isActive = true;
  }

  /** Rule 2 counts ADMINs who can act and have no end. */
  private isLastAdmin(membership: ModelMembership): boolean {
    const others = this.memberships.filter((other) => other.hospital === membership.hospital && other !== membership);
    return isPermanentAdmin(membership) && !others.some((other) => isPermanentAdmin(other) && other.medic.isActive);
  }
}

function isType(text: string | undefined): boolean {
  return text === undefined || typeOf(text) !== undefined;
}

function typeOf(text: string | undefined): Type | undefined {
  const type = text?.toUpperCase();
  return type === 'ADMIN' || type === 'MEMBER' ? type : undefined;
}
