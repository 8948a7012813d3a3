import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { Reads } from '../database/reads.js';
import { emailKeyOf } from '../medics/medic.entity.js';
import { WrongCredentials } from './auth.errors.js';
import { LoginLimits } from './login-limits.js';
import { verifyPassword } from './password.js';
import { TokensService } from './tokens.service.js';

interface Account {
  readonly id: number;
  readonly password_hash: string | null;
}

/** Gives a key for a password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly reads: Reads,
    private readonly tokens: TokensService,
    private readonly limits: LoginLimits,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * @param address where the request comes from
   * @returns a new key, which works for the setting `LOGIN_TOKEN_TTL`
   * @throws WrongCredentials no active medic has this email and this password; which it is, is not said
   * @throws TooManyRequests too many wrong ones came from the address
   * @throws TooManyTokens the medic has no room for another key, and no log-in key to replace
   */
  async login(email: string, password: string, address: string): Promise<string> {
    const key = emailKeyOf(email);
    await this.limits.admit(key, address);
    const [account] = await this.reads.query<Account>(
      'SELECT id, password_hash FROM medic WHERE email_key = $1 AND is_active',
      [key],
    );
    const isRight = await verifyPassword(account?.password_hash ?? null, password);
    if (!isRight || account === undefined) throw new WrongCredentials();
    await this.limits.takeBack(key, address);
    return this.tokens.issueForLogin(account.id, this.environment.LOGIN_TOKEN_TTL);
  }
}
