import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { addressKeyOf } from '../limits/address-key.js';
import { Limiters, type Limiter } from '../limits/limiter.js';

const WINDOW_SECONDS = 15 * 60;
/** Wrong passwords accepted per window: for one email from one address, and for all emails from one address. */
const TRIES = { pair: 10, address: 50 };
/**
 * Each worker allows at least this many, because somebody who mistypes a password stays on one connection and so on one
 * worker.
 */
const MIN_WRONG_PASSWORDS = 5;

/** Wrong passwords for one email, from any address, before log-ins to it are delayed. */
const UNDELAYED = 10;
/** The first delay, which doubles with each wrong password, and its upper bound, in milliseconds. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 4000;
/**
 * Upper bound for concurrently delayed log-ins. Others proceed without delay, because nobody is rejected for the
 * requests of others.
 */
const MAX_WAITING = 100;

/**
 * Slows down password guessing. An address (IPv6: a /64) is rejected after too many wrong passwords. An email never is,
 * because anybody could then lock out its owner; log-ins to it only become slow. `RATE_LIMIT=0` disables all of it.
 */
@Injectable()
export class LoginLimits {
  private readonly byAddress: Limiter | null;
  private readonly byPair: Limiter | null;
  private readonly byEmail: Limiter | null;
  private waiting = 0;

  constructor(limiters: Limiters) {
    const create = (name: string, points: number) =>
      limiters.create({ name, points, seconds: WINDOW_SECONDS, minimum: MIN_WRONG_PASSWORDS });
    this.byAddress = create('login-address', TRIES.address);
    this.byPair = create('login-pair', TRIES.pair);
    // Never rejects; only its count is used.
    this.byEmail = create('login-email', Number.MAX_SAFE_INTEGER);
  }

  /**
   * Counts an attempt before the password is checked, so that concurrent attempts count, and delays it if there were
   * many for the email.
   * @param email as returned by `emailKeyOf`
   * @throws TooManyRequests the address has used up its attempts, for this email or in total
   */
  async admit(email: string, address: string): Promise<void> {
    const from = addressKeyOf(address);
    await this.byAddress?.count(from);
    await this.byPair?.count(digestOf(`${from} ${email}`));
    const counted = await this.byEmail?.count(digestOf(email));
    await this.wait(delayOf(counted?.consumedPoints ?? 0));
  }

  /** Uncounts an attempt: the password was right. */
  async refund(email: string, address: string): Promise<void> {
    const from = addressKeyOf(address);
    await Promise.all([
      this.byAddress?.refund(from),
      this.byPair?.refund(digestOf(`${from} ${email}`)),
      this.byEmail?.refund(digestOf(email)),
    ]);
  }

  private async wait(milliseconds: number): Promise<void> {
    if (milliseconds === 0 || this.waiting >= MAX_WAITING) return;
    this.waiting += 1;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.waiting -= 1;
  }
}

/** @returns a digest, because logs and dumps of Redis show the names of counters */
function digestOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

/**
 * @param tries attempts for the email in the window, including this one
 * @returns the delay in milliseconds
 */
export function delayOf(tries: number): number {
  return tries <= UNDELAYED ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (tries - UNDELAYED - 1), LONGEST_DELAY_MS);
}
