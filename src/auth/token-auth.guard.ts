import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AccountLimits } from './account-limits.js';
import { Authentication, type AuthenticationMode } from './authenticated.decorator.js';
import { InvalidToken } from './auth.errors.js';
import { CallersReader, type CallerQuery } from './callers.reader.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { FailureLimit } from './failure-limit.js';
import { keyDigestOf } from './key-digest.js';
import { Prefetches } from './prefetch.decorator.js';
import { RecentKeys } from './recent-keys.js';
import { TokenUsage } from './token-usage.js';

/** A method of a controller that handles a route. */
type Handler = ReturnType<ExecutionContext['getHandler']>;

/**
 * Authenticates the caller of every route that is not public. A route that declares no access rule is a defect and is
 * closed to everybody.
 */
@Injectable()
export class TokenAuthGuard implements CanActivate {
  private readonly queries = new Map<Handler, CallerQuery | null>();

  constructor(
    private readonly reflector: Reflector,
    private readonly callers: CallersReader,
    private readonly usage: TokenUsage,
    private readonly failures: FailureLimit,
    private readonly recent: RecentKeys,
    private readonly accounts: AccountLimits,
  ) {}

  /**
   * @throws InvalidToken the request carries no live key
   * @throws TooManyRequests many from its address carried none, or the caller's account has sent too many
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const known = this.queries.get(context.getHandler());
    const query = known === undefined ? this.prepare(context) : known;
    if (query === null) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.medic = await this.authenticate(request, query);
    this.usage.note(request.medic.tokenId);
    await this.accounts.countRequest(request.medic);
    return true;
  }

  /** @returns the query for each request of the route; null if it is public */
  private prepare(context: ExecutionContext): CallerQuery | null {
    const handler = context.getHandler();
    const mode = this.reflector.get(Authentication, handler) as AuthenticationMode | undefined;
    if (mode === undefined) throw new Error(`${context.getClass().name} has a route without an access rule.`);
    const list = this.reflector.get(Prefetches, handler);
    const query = mode.needsKey ? this.callers.prepare(mode.lookup, list) : null;
    this.queries.set(handler, query);
    return query;
  }

  private async authenticate(request: FastifyRequest, query: CallerQuery): Promise<CurrentMedic> {
    const digest = keyDigestOf(request);
    if (digest !== null) this.failures.requireLookup(request.ip, digest);
    try {
      const medic = await this.callers.get(request, query);
      if (digest !== null) this.recent.note(digest);
      return medic;
    } catch (error) {
      if (error instanceof InvalidToken) await this.failures.count(request.ip, digest);
      throw error;
    }
  }
}
