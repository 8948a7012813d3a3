import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS_RULE, PUBLIC } from './access.decorator.js';
import { TokensService } from './tokens.service.js';

/**
 * Finds out who is calling, on every route but those that are public, and lets nobody else in.
 * A route that declares no access rule is a defect and is closed to everybody.
 */
@Injectable()
export class TokenAuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokensService,
  ) {}

  /** @throws InvalidToken the request carries no live key */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.get<string | undefined>(ACCESS_RULE, context.getHandler());
    if (rule === undefined) throw new Error(`${context.getClass().name} has a route without an access rule.`);
    if (rule === PUBLIC) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.medic = await this.tokens.authenticate(request.headers.authorization);
    return true;
  }
}
