import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import { emailKeyOf } from '../medics/medic.entity.js';
import { WrongCredentials } from './auth.errors.js';
import { LoginLimits } from './login-limits.js';
import { verifyPassword } from './password.js';
import { TokensService } from './tokens.service.js';

interface Account {
  readonly id: number;
  readonly password_hash: string | null;
}

/** Exchanges an email and a password for a key. */
@Injectable()
export class LoginService {
  constructor(
    private readonly reads: Reads,
    private readonly tokens: TokensService,
    private readonly limits: LoginLimits,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * @param address of the client
   * @param requestId of the request, for the record
   * @returns a new key, valid for `LOGIN_TOKEN_TTL` seconds
   * @throws WrongCredentials no active medic has this email and this password, or not anymore when the key is issued
   * @throws TooManyRequests too many wrong passwords came from the address
   * @throws TooManyTokens the medic has the maximum number of live keys, and none was issued by a log-in
   */
  async login(email: string, password: string, address: string, requestId: string): Promise<string> {
    const key = emailKeyOf(email);
    await this.limits.admit(key, address);
    const [account] = await this.reads.query<Account>(
      `SELECT id, password_hash FROM medic WHERE email_key = $1 AND is_active AND ${ON_PRIMARY}`,
      [key],
    );
    const passwordHash = account?.password_hash ?? null;
    const isRight = await verifyPassword(passwordHash, password);
    if (!isRight || account === undefined || passwordHash === null) throw new WrongCredentials();
    await this.limits.refund(key, address);
    return this.tokens.issueForLogin(account.id, passwordHash, requestId, this.environment.LOGIN_TOKEN_TTL);
  }
}
