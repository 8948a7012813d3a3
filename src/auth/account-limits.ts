import { Inject, Injectable } from '@nestjs/common';
import { InvalidFields } from '../common/errors.js';
import { Limiters, type Limiter } from '../limits/limiter.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import type { CurrentMedic } from './current-medic.decorator.js';

/** The kinds of creation with an hourly limit. `emails` covers both searches for an email and changes of one. */
export type Creation = 'medics' | 'hospitals' | 'memberships' | 'pictures' | 'emails';

/** An account and the accounts below it may together send this many times the limit of one token. */
const TREE_FACTOR = 10;
const HOUR_SECONDS = 3600;
/** Pictures have up to 2 MB each, so an account may create only a tenth as many. */
const PICTURE_FACTOR = 1 / 10;
/** A hospital can be created with its picture and logo, so at least both are allowed, also to one of many workers. */
const MIN_PICTURES = 2;
/** The rows of one bulk request, which are counted at once, also by one of many workers. */
const MIN_ROWS = 1000;

/**
 * Limits an account together with all accounts below it. Any medic can create medics, so a limit per token or per medic
 * would limit nothing.
 */
@Injectable()
export class AccountLimits {
  private readonly requests: Limiter | null;
  private readonly creations: Readonly<Record<Creation, Limiter | null>>;

  constructor(@Inject(ENVIRONMENT) { RATE_LIMIT, CREATE_LIMIT }: Environment, limiters: Limiters) {
    this.requests = limiters.create({ name: 'accounts', points: TREE_FACTOR * RATE_LIMIT, seconds: 60 });
    const perHour = (kind: Creation, points = CREATE_LIMIT, minimum = 1) =>
      CREATE_LIMIT === 0 ? null : limiters.create({ name: `new-${kind}`, points, seconds: HOUR_SECONDS, minimum });
    this.creations = {
      medics: perHour('medics'),
      hospitals: perHour('hospitals'),
      memberships: perHour('memberships', CREATE_LIMIT, MIN_ROWS),
      pictures: perHour('pictures', Math.max(MIN_PICTURES, Math.floor(CREATE_LIMIT * PICTURE_FACTOR)), MIN_PICTURES),
      emails: perHour('emails', CREATE_LIMIT, MIN_ROWS),
    };
  }

  /**
   * Counts a request.
   * @throws TooManyRequests the accounts have sent ten times `RATE_LIMIT` within a minute
   */
  async countRequest({ rootId }: Pick<CurrentMedic, 'rootId'>): Promise<void> {
    await this.requests?.countWithoutWaiting(String(rootId));
  }

  /**
   * Counts an attempt to create something, successful or not: a refusal also reveals something, such as that an email
   * is taken. Call it after the right was checked.
   * @param tries number of attempts, at least 0, of which all are counted or none
   * @throws TooManyRequests the accounts have made `CREATE_LIMIT` attempts within an hour
   */
  async countCreation({ rootId }: CurrentMedic, kind: Creation, tries = 1): Promise<void> {
    if (tries > 0) await this.creations[kind]?.count(String(rootId), tries);
  }

  /**
   * Counts the rows of a bulk request like as many creations of memberships, all or none of them.
   * @param rows number of rows
   * @param emails number of those that name an email, which counts as a search for it
   * @throws InvalidFields the limit is lower than the number of rows, so they could never be accepted together
   * @throws TooManyRequests as {@link countCreation}
   */
  async countRows(caller: CurrentMedic, rows: number, emails: number): Promise<void> {
    const { memberships } = this.creations;
    if (memberships !== null && rows > memberships.points) {
      const limit = String(memberships.points);
      const sentence = `Send at most ${limit} rows: an account may add ${limit} memberships an hour.`;
      throw new InvalidFields({ memberships: [sentence] });
    }
    await this.countCreation(caller, 'memberships', rows);
    try {
      await this.countCreation(caller, 'emails', emails);
    } catch (error) {
      await memberships?.refund(String(caller.rootId), rows);
      throw error;
    }
  }
}
