import { Inject, Injectable } from '@nestjs/common';
import { Limiters, type Limiter } from '../limits/limiter.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import type { CurrentMedic } from './current-medic.decorator.js';

/** What is counted by the hour; `emails` are questions for an email, and changes of one. */
export type Creation = 'medics' | 'hospitals' | 'memberships' | 'pictures' | 'emails';

/** How many times as much as one token an account may send together with the accounts below it. */
const TREE = 10;
const HOUR_SECONDS = 3600;
/** A picture has up to 2 MB, so an account may store a tenth as many of them. */
const PICTURES = 1 / 10;

/**
 * Limits an account together with all accounts below it: any medic creates medics, so a limit for each token, or
 * for each medic, would be none.
 */
@Injectable()
export class AccountLimits {
  private readonly requests: Limiter | null;
  private readonly creations: Readonly<Record<Creation, Limiter | null>>;

  constructor(@Inject(ENVIRONMENT) { RATE_LIMIT, CREATE_LIMIT }: Environment, limiters: Limiters) {
    this.requests = limiters.create({ name: 'accounts', points: TREE * RATE_LIMIT, seconds: 60 });
    const perHour = (kind: Creation, points = CREATE_LIMIT) =>
      CREATE_LIMIT === 0 ? null : limiters.create({ name: `new-${kind}`, points, seconds: HOUR_SECONDS });
    this.creations = {
      medics: perHour('medics'),
      hospitals: perHour('hospitals'),
      memberships: perHour('memberships'),
      pictures: perHour('pictures', Math.max(1, Math.floor(CREATE_LIMIT * PICTURES))),
      emails: perHour('emails'),
    };
  }

  /** Counts a request. @throws TooManyRequests the account has sent `RATE_LIMIT` times 10 within a minute */
  async countRequest({ rootId }: CurrentMedic): Promise<void> {
    await this.requests?.countAhead(String(rootId));
  }

  /**
   * Counts a try to create something, whether or not it succeeds: a refusal tells something too, such as that an
   * email is taken. Call it once the right is known.
   * @throws TooManyRequests the account has tried `CREATE_LIMIT` times within an hour
   */
  async countCreation({ rootId }: CurrentMedic, kind: Creation, tries = 1): Promise<void> {
    if (tries > 0) await this.creations[kind]?.count(String(rootId), tries);
  }
}
