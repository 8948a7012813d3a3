import { createHash } from 'node:crypto';
import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { NaiveToken, type NaiveMedic } from './entities.js';

/** A request whose medic has been identified. */
export interface NaiveRequest {
  medic: NaiveMedic;
  readonly url: string;
  readonly headers: Record<string, string | undefined>;
}

/** Looks up the medic of a key with a repository. */
@Injectable()
export class NaiveGuard implements CanActivate {
  constructor(@InjectRepository(NaiveToken) private readonly tokens: Repository<NaiveToken>) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<NaiveRequest>();
    const key = request.headers['authorization']?.slice('Token '.length) ?? '';
    const digest = createHash('sha256').update(key).digest();
    const token = await this.tokens.findOne({ where: { digest }, relations: { medic: true } });
    if (token?.medic.isActive !== true) throw new UnauthorizedException();
    request.medic = token.medic;
    return true;
  }
}
