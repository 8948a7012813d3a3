import { Injectable } from '@nestjs/common';
import { addressKeyOf } from '../common/address-key.js';
import { Limiters, type Limiter } from '../common/limiter.js';

const WINDOW_SECONDS = 15 * 60;
/** How many wrong passwords an email, and an address, may send in the window. */
const TRIES = { email: 10, address: 50 };

/** Limits the guessing of passwords, by email and by address, of IPv6 by /64; the setting `RATE_LIMIT=0` turns it off. */
@Injectable()
export class LoginLimits {
  private readonly byEmail: Limiter | null;
  private readonly byAddress: Limiter | null;

  constructor(limiters: Limiters) {
    const limiter = (name: string, points: number) => limiters.create({ name, points, seconds: WINDOW_SECONDS });
    this.byEmail = limiter('login-email', TRIES.email);
    this.byAddress = limiter('login-address', TRIES.address);
  }

  /**
   * Counts a try before it is made, so that many at once are counted too.
   * @throws TooManyRequests the email or the address has had its tries
   */
  async count(email: string, address: string): Promise<void> {
    await this.byAddress?.count(addressKeyOf(address));
    await this.byEmail?.count(email);
  }

  /** Gives the try back: the password was right. */
  async forget(email: string, address: string): Promise<void> {
    await this.byAddress?.takeBack(addressKeyOf(address));
    await this.byEmail?.takeBack(email);
  }
}
