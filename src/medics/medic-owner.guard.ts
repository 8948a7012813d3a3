import { applyDecorators, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access } from '../auth/access.decorator.js';
import { foundFor } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/errors.js';
import { idInPathOrNull } from '../http/input/path-id.js';

const OWNED = {
  sql: 'SELECT o.id AS owned FROM medic o WHERE o.id = $2 AND (o.id = caller.id OR o.created_by_id = caller.id)',
  idOf: idInPathOrNull,
};

/** Lets in only the medic that the path names, and its creator. */
export const MedicOrCreator = (): MethodDecorator =>
  applyDecorators(Access('the medic, or its creator', OWNED), UseGuards(MedicOwnerGuard));

/** Hides a medic from everybody else before any field is looked at; the transaction of a write asks again. */
@Injectable()
export class MedicOwnerGuard implements CanActivate {
  /** @throws NotFound the caller is neither */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (foundFor<{ owned: number }>(request).owned === null) throw new NotFound();
    return true;
  }
}
