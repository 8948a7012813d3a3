import { applyDecorators, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Access, type RightLookup } from '../auth/access.decorator.js';
import { currentMedicOf, foundFor } from '../auth/current-medic.decorator.js';
import { readId, UNREADABLE } from '../http/input/coercion.js';
import { NotFound } from '../common/errors.js';
import { idInPathOrNull } from '../http/input/path-id.js';
import { UnauthorizedMedic } from './access.errors.js';
import { canAdminister } from './policy.js';
import { live, rightAt, SHOWS_HOSPITAL } from './rights.sql.js';
import type { MembershipType } from '../memberships/membership.entity.js';

/** What is known of the caller when a guarded route is called. */
interface Found {
  /** The caller's right at the hospital that the request is about. */
  readonly right: MembershipType;
  /** The medic of the membership that the path names. */
  readonly ofMedic: number;
}

const idInBody = ({ body }: FastifyRequest) => {
  const id = readId((Object(body) as { hospital?: unknown }).hospital);
  return id === UNREADABLE ? null : id;
};
const RIGHT = `SELECT ${rightAt('caller.id', '$2::integer')} AS "right"`;
const RIGHT_IF_SHOWN = `SELECT s.type AS "right" FROM membership s JOIN hospital h ON h.id = s.hospital_id
  WHERE s.medic_id = caller.id AND s.hospital_id = $2 AND ${live('s')} AND ${SHOWS_HOSPITAL}`;
const RIGHT_OF_MEMBERSHIP = `SELECT s.medic_id AS "ofMedic", ${rightAt('caller.id', 's.hospital_id')} AS "right"
  FROM membership s WHERE s.id = $2`;

/** Finds the caller's `right` at the `hospital` of the body; null without one, or without a hospital. */
export const RIGHT_AT_HOSPITAL_OF_BODY: RightLookup = { sql: RIGHT, idOf: idInBody };

/** Where a request says which hospital it is about, and whom besides its ADMINs the route lets in. */
const LOOKUPS = {
  'body.hospital': RIGHT_AT_HOSPITAL_OF_BODY,
  'path.hospital': { sql: RIGHT, idOf: idInPathOrNull },
  'path.hospital, hidden from others': { sql: RIGHT_IF_SHOWN, idOf: idInPathOrNull },
  'path.membership': { sql: RIGHT_OF_MEMBERSHIP, idOf: idInPathOrNull },
  'path.membership, or its medic': { sql: RIGHT_OF_MEMBERSHIP, idOf: idInPathOrNull },
} satisfies Record<string, RightLookup>;

/** One of the sources that {@link HospitalAdmin} knows. */
export type HospitalSource = keyof typeof LOOKUPS;

const SourceOfHospital = Reflector.createDecorator<HospitalSource>();

/** Lets in only ADMINs of the hospital that the request is about. */
export function HospitalAdmin(source: HospitalSource): MethodDecorator {
  return applyDecorators(
    Access(`ADMIN of the hospital: ${source}`, LOOKUPS[source]),
    SourceOfHospital(source),
    UseGuards(HospitalAdminGuard),
  );
}

/** Refuses by the caller's right before any field is looked at. The transaction of a write asks again. */
@Injectable()
export class HospitalAdminGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /**
   * @throws NotFound the path names nothing that the caller may know of
   * @throws UnauthorizedMedic the caller is not an ADMIN there
   */
  canActivate(context: ExecutionContext): boolean {
    const source = this.reflector.get(SourceOfHospital, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { right, ofMedic } = foundFor<Found>(request);
    if (source === 'body.hospital') {
      // A hospital that is missing or no id is a matter of the fields, which are looked at next.
      if (idInBody(request) !== null) requireAdmin(right);
      return true;
    }
    if (idInPathOrNull(request) === null) throw new NotFound();
    const isHidden = LOOKUPS[source].sql === RIGHT_OF_MEMBERSHIP ? ofMedic === null : right === null;
    if (isHidden && source !== 'path.hospital') throw new NotFound();
    const isItsMedic = source === 'path.membership, or its medic' && ofMedic === currentMedicOf(request).id;
    if (!isItsMedic) requireAdmin(right);
    return true;
  }
}

function requireAdmin(right: MembershipType | null): void {
  if (!canAdminister(right)) throw new UnauthorizedMedic();
}
