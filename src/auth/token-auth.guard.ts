import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS_RULE, PUBLIC, RIGHT_LOOKUP, type RightLookup } from './access.decorator.js';
import { InvalidToken } from './auth.errors.js';
import { CallersReader } from './callers.reader.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { FailureLimit } from './failure-limit.js';
import { TokenUsage } from './token-usage.js';

/**
 * Finds out who is calling, on every route but those that are public, and lets nobody else in.
 * A route that declares no access rule is a defect and is closed to everybody.
 */
@Injectable()
export class TokenAuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: CallersReader,
    private readonly usage: TokenUsage,
    private readonly failures: FailureLimit,
  ) {}

  /** @throws InvalidToken the request carries no live key; TooManyRequests nor did many from its address */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.get<string | undefined>(ACCESS_RULE, context.getHandler());
    if (rule === undefined) throw new Error(`${context.getClass().name} has a route without an access rule.`);
    if (rule === PUBLIC) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const lookup = this.reflector.get<RightLookup | undefined>(RIGHT_LOOKUP, context.getHandler());
    request.medic = await this.authenticate(request, lookup);
    this.usage.note(request.medic.tokenId);
    return true;
  }

  private async authenticate(request: FastifyRequest, lookup: RightLookup | undefined): Promise<CurrentMedic> {
    try {
      return await this.callers.get(request, lookup);
    } catch (error) {
      if (error instanceof InvalidToken) await this.failures.count(request.ip);
      throw error;
    }
  }
}
