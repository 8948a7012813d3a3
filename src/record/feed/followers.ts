import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { currentServiceOf } from '../../auth/current-service.decorator.js';
import { ServiceCallers } from '../../auth/service-callers.js';
import { TooManyFollowers } from './feed.errors.js';
import { Follower } from './follower.js';

/**
 * Event streams and waits of one account in this process: more than a consumer with many processes needs, and a fifth
 * of all with the usual limit of open files, so that no account can shut out the others by itself.
 */
const MAX_PER_ACCOUNT = 100;

/** In a process with few connections, the share of one account. */
const SHARE_OF_ACCOUNT = 1 / 2;

/**
 * The event streams and waiting requests of this process. They are limited per account and in all, do not count as
 * requests in progress, and end when the process is to stop.
 */
@Injectable()
export class Followers implements OnModuleDestroy {
  private readonly all = new Set<Follower>();
  private readonly perAccount = new Map<number, number>();
  private isEnding = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly callers: ServiceCallers,
  ) {}

  /**
   * @returns a follower that ends with its connection, and with this process
   * @throws TooManyFollowers its account, or all accounts together, have too many
   */
  admit(request: FastifyRequest, reply: FastifyReply): Follower {
    const { connections } = this.host.httpAdapter.getInstance<FastifyInstance>();
    const { id } = currentServiceOf(request);
    const count = this.perAccount.get(id) ?? 0;
    const perAccount = Math.min(MAX_PER_ACCOUNT, Math.ceil(connections.maxParked * SHARE_OF_ACCOUNT));
    if (count >= perAccount) throw new TooManyFollowers('your');
    if (this.all.size >= connections.maxParked) throw new TooManyFollowers('all');
    const { socket } = request.raw;
    const recheck = () => this.callers.recheck(request, 'event:read');
    const follower = new Follower(id, recheck, () => socket.destroy());
    this.all.add(follower);
    this.perAccount.set(id, count + 1);
    if (this.isEnding) follower.end();
    connections.park(socket, reply.raw, () => {
      follower.end();
      this.all.delete(follower);
      this.discount(id);
    });
    return follower;
  }

  private discount(id: number): void {
    const left = (this.perAccount.get(id) ?? 1) - 1;
    if (left === 0) this.perAccount.delete(id);
    else this.perAccount.set(id, left);
  }

  /** The first hook after a signal: clients that follow find another process while this one still serves. */
  onModuleDestroy(): void {
    this.isEnding = true;
    for (const follower of this.all) follower.end();
  }
}
