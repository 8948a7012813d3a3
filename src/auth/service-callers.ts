import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { TooManyRequests } from '../common/errors.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import { MAX_KEYS } from '../limits/bounded-memory.js';
import { ExpiringSet } from '../limits/expiring-set.js';
import { Limiters, type Limiter } from '../limits/limiter.js';
import { countRequest } from '../limits/rate-limit.js';
import { AccountLimits } from './account-limits.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentService } from './current-service.decorator.js';
import { FailureLimit } from './failure-limit.js';
import { presentedKeyOf } from './key-digest.js';
import { MedicKeys } from './medic-keys.js';
import type { ServiceFinder } from './prefetch.js';
import { RecentKeys } from './recent-keys.js';
import type { Scope } from './scope.js';
import { InsufficientScope, InvalidServiceKey, NoServiceKey, NotAMedic } from './service.errors.js';
import { ServiceUsage } from './service-usage.js';

/**
 * @param columns, joins SQL for what the statement reads in addition
 * @returns SQL that finds the service account `a` whose live key has the digest $1. Until the end of its grace, the key
 *   before the last rotation works too.
 */
export const serviceOfKey = (columns = '', joins = '') => `SELECT a.id, a.scopes${columns}
  FROM service_account a ${joins}
  WHERE ((a.digest = $1 AND a.expires_at > now()) OR (a.previous_digest = $1 AND a.previous_until > now()))
    AND a.revoked_at IS NULL AND ${ON_PRIMARY}`;

const BY_KEY = serviceOfKey();

/** Authenticates service accounts (section 10 of the contract). */
@Injectable()
export class ServiceCallers {
  private readonly limiter: Limiter | null;
  /** Digests of the keys whose accounts this process knows to be over their limit. */
  private readonly overLimit = new ExpiringSet(MAX_KEYS);

  constructor(
    private readonly reads: Reads,
    private readonly medics: MedicKeys,
    private readonly usage: ServiceUsage,
    private readonly failures: FailureLimit,
    private readonly recent: RecentKeys,
    private readonly accounts: AccountLimits,
    @Inject(ENVIRONMENT) { SERVICE_RATE_LIMIT: points }: Environment,
    limiters: Limiters,
  ) {
    this.limiter = points === 0 ? null : limiters.create({ name: 'services', points, seconds: 60 });
  }

  /**
   * Authenticates the caller of a route that requires a scope, and counts the request for its account.
   * @param finder also reads rows for the route, unless this process knows that the account is over its limit
   * @returns the service account, which has the scope
   * @throws NoServiceKey the request carries no key
   * @throws InvalidServiceKey the key is not live
   * @throws InsufficientScope the key is live, but a medic's, or its account lacks the scope
   * @throws TooManyRequests many from the address carried no live key, or the account has sent too many requests
   */
  async authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    scope: Scope,
    finder?: ServiceFinder,
  ): Promise<CurrentService> {
    const key = presentedKeyOf(request);
    if (key === null || key === 'malformed') {
      await this.failures.count(request.ip, null);
      throw key === null ? new NoServiceKey() : new InvalidServiceKey();
    }
    const { digest } = key;
    this.failures.requireLookup(request.ip, digest);
    const service = key.kind === 'service' ? await this.findFor(request, digest, finder) : null;
    if (service === null) {
      const medic = key.kind === 'medic' ? await this.medics.find(digest) : null;
      if (medic === null) {
        await this.failures.count(request.ip, digest);
        throw new InvalidServiceKey();
      }
      this.recent.note(digest);
      await this.accounts.countRequest(medic);
      throw new InsufficientScope(scope);
    }
    this.recent.note(digest);
    this.usage.note(service.id);
    await this.count(service, digest, reply);
    if (!service.scopes.includes(scope)) throw new InsufficientScope(scope);
    return service;
  }

  /**
   * Checks the key of an open request once more, and counts nothing.
   * @throws InvalidServiceKey the key, with which the request was authenticated, is not live anymore
   * @throws InsufficientScope its account no longer has the scope
   */
  async recheck(request: FastifyRequest, scope: Scope): Promise<void> {
    const key = presentedKeyOf(request);
    const service = key === null || key === 'malformed' ? null : await this.find(key.digest);
    if (service === null) throw new InvalidServiceKey();
    if (!service.scopes.includes(scope)) throw new InsufficientScope(scope);
  }

  /**
   * Refuses a well-formed key of a service account on a route of medics, which it never opens.
   * @throws NotAMedic the key is live
   * @throws InvalidToken it is not
   */
  async refuse(digest: Buffer): Promise<never> {
    if ((await this.find(digest)) === null) throw new InvalidToken();
    this.recent.note(digest);
    throw new NotAMedic();
  }

  private findFor(
    request: FastifyRequest,
    digest: Buffer,
    finder: ServiceFinder | undefined,
  ): Promise<CurrentService | null> {
    const isOver = this.overLimit.size > 0 && this.overLimit.left(digest.toString('latin1')) > 0;
    return (isOver ? undefined : finder?.find(digest, request)) ?? this.find(digest);
  }

  private async count({ id }: CurrentService, digest: Buffer, reply: FastifyReply): Promise<void> {
    if (this.limiter === null) return;
    try {
      await countRequest(this.limiter, String(id), reply);
    } catch (error) {
      if (error instanceof TooManyRequests) this.overLimit.add(digest.toString('latin1'), error.seconds * 1000);
      throw error;
    }
  }

  private async find(digest: Buffer): Promise<CurrentService | null> {
    const [service] = await this.reads.query<CurrentService>(BY_KEY, [digest]);
    return service ?? null;
  }
}
