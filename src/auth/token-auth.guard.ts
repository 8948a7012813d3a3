import { Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountLimits } from './account-limits.js';
import { Authentication, type AuthenticationMode } from './authenticated.decorator.js';
import { InvalidToken } from './auth.errors.js';
import { CallersReader } from './callers.reader.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { FailureLimit } from './failure-limit.js';
import { hasServiceKey, keyDigestOf } from './key-digest.js';
import { Prefetches, type CallerFinder, type Handler, type ServiceFinder } from './prefetch.js';
import { RecentKeys } from './recent-keys.js';
import type { Scope } from './scope.js';
import { ServiceCallers } from './service-callers.js';
import { TokenUsage } from './token-usage.js';

/** A route that requires a scope. */
interface ScopedRoute {
  readonly scope: Scope;
  readonly finder: ServiceFinder | undefined;
}

/**
 * Authenticates the caller of every route that is not public. A route that declares no access rule is a defect and is
 * closed to everybody.
 */
@Injectable()
export class TokenAuthGuard implements CanActivate {
  private readonly finders = new Map<Handler, CallerFinder | ScopedRoute | null>();

  constructor(
    private readonly reflector: Reflector,
    private readonly callers: CallersReader,
    private readonly usage: TokenUsage,
    private readonly failures: FailureLimit,
    private readonly recent: RecentKeys,
    private readonly accounts: AccountLimits,
    private readonly services: ServiceCallers,
    @Optional() private readonly prefetches?: Prefetches,
  ) {}

  /**
   * @throws InvalidToken the request carries no live key (section 2 of the contract); the reason is not revealed
   * @throws NotAMedic the request carries the live key of a service account
   * @throws NoServiceKey, InvalidServiceKey, InsufficientScope on a route that requires a scope
   * @throws TooManyRequests many from its address carried none, or the caller's account has sent too many
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const remembered = this.finders.get(context.getHandler());
    const finder = remembered === undefined ? this.finderFor(context) : remembered;
    if (finder === null) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    request.uncheckedKey = null;
    if ('scope' in finder) {
      const reply = http.getResponse<FastifyReply>();
      request.service = await this.services.authenticate(request, reply, finder.scope, finder.finder);
      return true;
    }
    request.medic = await this.authenticate(request, finder);
    this.usage.note(request.medic.tokenId);
    await this.accounts.countRequest(request.medic);
    return true;
  }

  /** @returns what finds the callers of the route; null if it is public */
  private finderFor(context: ExecutionContext): CallerFinder | ScopedRoute | null {
    const handler = context.getHandler();
    const mode = this.reflector.get(Authentication, handler) as AuthenticationMode | undefined;
    if (mode === undefined) throw new Error(`${context.getClass().name} has a route without an access rule.`);
    const finder = this.finderInMode(mode, handler);
    this.finders.set(handler, finder);
    return finder;
  }

  private finderInMode({ scope, needsKey }: AuthenticationMode, handler: Handler): CallerFinder | ScopedRoute | null {
    if (scope !== undefined) return { scope, finder: this.prefetches?.serviceFinderOf(handler, scope) };
    return needsKey ? (this.prefetches?.finderOf(handler) ?? this.callers) : null;
  }

  private async authenticate(request: FastifyRequest, finder: CallerFinder): Promise<CurrentMedic> {
    const digest = keyDigestOf(request);
    if (digest !== null) this.failures.requireLookup(request.ip, digest);
    try {
      if (digest === null) throw new InvalidToken();
      if (hasServiceKey(request)) return await this.services.refuse(digest);
      const medic = await finder.find(digest, request);
      if (medic === null) throw new InvalidToken();
      this.recent.note(digest);
      return medic;
    } catch (error) {
      if (error instanceof InvalidToken) await this.failures.count(request.ip, digest);
      throw error;
    }
  }
}
