import { applyDecorators, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access } from '../auth/access.decorator.js';
import { currentMedicOf } from '../auth/current-medic.decorator.js';
import { idInPath } from '../common/path-id.js';
import { MedicsReader } from './medics.reader.js';

/** Lets in only the medic that the path names, and its creator. */
export const MedicOrCreator = (): MethodDecorator =>
  applyDecorators(Access('the medic, or its creator'), UseGuards(MedicOwnerGuard));

/** Hides a medic from everybody else before any field is looked at; the transaction of a write asks again. */
@Injectable()
export class MedicOwnerGuard implements CanActivate {
  constructor(private readonly medics: MedicsReader) {}

  /** @throws NotFound the caller is neither */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    await this.medics.get(currentMedicOf(request), idInPath((request.params as { id?: string }).id));
    return true;
  }
}
