import { Injectable } from '@nestjs/common';
import { addressKeyOf } from '../limits/address-key.js';
import { Limiters, type Limiter } from '../limits/limiter.js';

const WINDOW_SECONDS = 15 * 60;
/** How many wrong passwords are taken in the window: for one email from one address, and from one address. */
const TRIES = { pair: 10, address: 50 };
/** A worker lets through so many at least: whoever mistypes a password keeps one connection, and so one worker. */
const LEAST = 5;

/** How many wrong passwords for one email, wherever they come from, are taken without a delay. */
const UNDELAYED = 10;
/** The first delay, which doubles with each wrong password, and the longest, in milliseconds. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 4000;
/** How many log-ins wait at a time; more go on at once, because none is refused for what others send. */
const MAX_WAITING = 100;

/**
 * Limits the guessing of passwords. An address, of IPv6 a /64, is refused after its tries. An email never is,
 * because then anybody could lock its owner out: log-ins to it only become slow. `RATE_LIMIT=0` turns it off.
 */
@Injectable()
export class LoginLimits {
  private readonly byAddress: Limiter | null;
  private readonly byPair: Limiter | null;
  private readonly byEmail: Limiter | null;
  private waiting = 0;

  constructor(limiters: Limiters) {
    const create = (name: string, points: number) =>
      limiters.create({ name, points, seconds: WINDOW_SECONDS, least: LEAST });
    this.byAddress = create('login-address', TRIES.address);
    this.byPair = create('login-pair', TRIES.pair);
    // Only its count matters.
    this.byEmail = create('login-email', Number.MAX_SAFE_INTEGER);
  }

  /**
   * Counts a try before it is made, so that many at once are counted too, and waits if the email had many.
   * @throws TooManyRequests the address has had its tries, for this email or for all
   */
  async admit(email: string, address: string): Promise<void> {
    const from = addressKeyOf(address);
    await this.byAddress?.count(from);
    await this.byPair?.count(`${from} ${email}`);
    const counted = await this.byEmail?.count(email);
    await this.wait(delayOf(counted?.consumedPoints ?? 0));
  }

  /** Takes the try back: the password was right. */
  async takeBack(email: string, address: string): Promise<void> {
    const from = addressKeyOf(address);
    await Promise.all([
      this.byAddress?.takeBack(from),
      this.byPair?.takeBack(`${from} ${email}`),
      this.byEmail?.takeBack(email),
    ]);
  }

  private async wait(milliseconds: number): Promise<void> {
    if (milliseconds === 0 || this.waiting >= MAX_WAITING) return;
    this.waiting += 1;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.waiting -= 1;
  }
}

/** @param tries how many the email had in the window, this one included. @returns the delay in milliseconds */
export function delayOf(tries: number): number {
  return tries <= UNDELAYED ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (tries - UNDELAYED - 1), LONGEST_DELAY_MS);
}
