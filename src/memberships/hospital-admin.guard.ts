import {
  applyDecorators,
  Injectable,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { Access } from '../auth/access.decorator.js';
import { currentMedicOf } from '../auth/current-medic.decorator.js';
import { readId, UNREADABLE } from '../common/coercion.js';
import { NotFound } from '../common/domain-error.js';
import { idInPath } from '../common/path-id.js';
import { HospitalAccess } from './hospital-access.js';
import { UnauthorizedMedic } from './membership.errors.js';
import { Membership, MembershipType } from './membership.entity.js';

/** Where a request says which hospital it is about, and whom besides its ADMINs the route lets in. */
export type HospitalSource =
  | 'body.hospital'
  | 'path.hospital'
  | 'path.hospital, hidden from others'
  | 'path.membership'
  | 'path.membership, or its medic';

const HOSPITAL_SOURCE = 'hospital-source';

/** Lets in only ADMINs of the hospital that the request is about. */
export function HospitalAdmin(source: HospitalSource): MethodDecorator {
  return applyDecorators(
    Access(`ADMIN of the hospital: ${source}`),
    SetMetadata(HOSPITAL_SOURCE, source),
    UseGuards(HospitalAdminGuard),
  );
}

/**
 * Finds which hospital a request is about and asks {@link HospitalAccess}, so that a right is refused
 * before any field is looked at. The transaction of a write asks again.
 */
@Injectable()
export class HospitalAdminGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly dataSource: DataSource,
    private readonly access: HospitalAccess,
  ) {}

  /**
   * @throws NotFound the path names nothing that the caller may know of
   * @throws UnauthorizedMedic the caller is not an ADMIN there
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const source = this.reflector.get<HospitalSource>(HOSPITAL_SOURCE, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { id: medicId } = currentMedicOf(request);
    const { manager } = this.dataSource;
    if (source === 'body.hospital') {
      await this.requireAdminOfBody(manager, medicId, request.body);
      return true;
    }
    const id = idInPath((request.params as { id?: string }).id);
    if (source === 'path.hospital') {
      await this.access.requireAdminOf(manager, medicId, id);
    } else if (source === 'path.hospital, hidden from others') {
      const right = await this.access.findRight(manager, medicId, id);
      if (right === null) throw new NotFound();
      if (right !== MembershipType.ADMIN) throw new UnauthorizedMedic();
    } else {
      await this.requireAdminOfMembership(manager, medicId, id, source === 'path.membership, or its medic');
    }
    return true;
  }

  /** A hospital that is missing or no id is a matter of the fields, which are looked at next. */
  private async requireAdminOfBody(manager: EntityManager, medicId: number, body: unknown): Promise<void> {
    const id = readId((Object(body) as { hospital?: unknown }).hospital);
    if (id !== UNREADABLE) await this.access.requireAdminOf(manager, medicId, id);
  }

  private async requireAdminOfMembership(manager: EntityManager, medicId: number, id: number, orItsMedic: boolean) {
    const membership = await manager.findOneBy(Membership, { id });
    if (membership === null) throw new NotFound();
    if (orItsMedic && membership.medicId === medicId) return;
    await this.access.requireAdminOf(manager, medicId, membership.hospitalId);
  }
}
