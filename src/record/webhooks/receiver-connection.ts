import { once } from 'node:events';
import { Agent, request as send } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { AddressRules } from './addresses.js';
import { secondsOf } from './backoff.js';
import type { Message } from './message.js';
import type { Resolve } from './resolve.js';

/** Upper bound of an attempt, from the resolution of the name to the status, in milliseconds (contract, section 12). */
const ATTEMPT_MS = 15_000;

/** Within these bounds (bytes, milliseconds) a body is discarded to keep its connection; beyond them, closed with it. */
const MAX_DRAINED = 16_384;
const DRAIN_MS = 250;

const NOT_ALLOWED = 'address not allowed';

/** How an attempt ended. */
export interface Outcome {
  readonly isDelivered: boolean;
  /** The status, or why there is none: a few words without the URL. */
  readonly reason: string;
  /** Whether the receiver wants no more deliveries. */
  readonly isGone?: boolean;
  /** Seconds that the receiver asks to wait. */
  readonly retryAfter?: number | undefined;
}

/** The name of a host resolves only to addresses that are not allowed. */
class NotAllowed extends Error {}

/** The provider of the {@link ReceiverOptions}. */
export const RECEIVER_OPTIONS = Symbol('RECEIVER_OPTIONS');

/** Options of {@link ReceiverConnection}. */
export interface ReceiverOptions {
  readonly rules: AddressRules;
  readonly resolve: Resolve;
  /** Certificates (PEM) of the authorities that are accepted; those of Node by default. */
  readonly ca?: readonly string[] | undefined;
}

/**
 * A connection to a receiver, at allowed addresses only. It opens with the first message and stays open from one to the
 * next; close it in the end.
 */
export class ReceiverConnection {
  private readonly agent: Agent;

  constructor(private readonly options: ReceiverOptions) {
    const ca = options.ca === undefined ? {} : { ca: [...options.ca] };
    // Even if NODE_TLS_REJECT_UNAUTHORIZED turns the check of certificates off.
    this.agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: true, ...ca });
  }

  /**
   * Sends a message. A redirect is not followed and the body of the response is not read.
   * @param signal ends the attempt early
   */
  async send(url: string, message: Message, signal: AbortSignal): Promise<Outcome> {
    const target = new URL(url);
    const literal = target.hostname.replace(/^\[(.*)\]$/, '$1');
    // Node connects to a literal address without a lookup.
    if (isIP(literal) !== 0 && !this.options.rules.allows(literal)) return { isDelivered: false, reason: NOT_ALLOWED };
    const timeout = AbortSignal.timeout(ATTEMPT_MS);
    try {
      const request = send(target, {
        method: 'POST',
        headers: message.headers,
        agent: this.agent,
        lookup: this.lookup,
        signal: AbortSignal.any([signal, timeout]),
      });
      // A status counts, even if the connection is lost afterwards.
      request.on('error', () => undefined);
      request.end(message.body);
      return await outcomeOf(request);
    } catch (error) {
      return { isDelivered: false, reason: timeout.aborted ? 'no response in 15 s' : reasonOf(error) };
    }
  }

  close(): void {
    this.agent.destroy();
  }

  /**
   * Resolves a name for a connection and drops the addresses that are not allowed. Node connects to what this returns
   * and does not resolve the name again, so a name server cannot change its answer in between.
   */
  private readonly lookup: LookupFunction = (host, { all }, callback) => {
    this.options.resolve(host).then(
      (addresses) => {
        const allowed = addresses.filter((address) => this.options.rules.allows(address));
        const [first] = allowed;
        if (first === undefined) callback(new NotAllowed(NOT_ALLOWED), '');
        else if (all === true)
          callback(
            null,
            allowed.map((address) => ({ address, family: isIP(address) })),
          );
        else callback(null, first, isIP(first));
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, '');
      },
    );
  };
}

async function outcomeOf(request: ClientRequest): Promise<Outcome> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { statusCode: status = 0, headers } = response;
  await drain(request, response);
  return {
    isDelivered: status >= 200 && status < 300,
    reason: `status ${String(status)}`,
    isGone: status === 410,
    retryAfter: secondsOf(headers['retry-after']),
  };
}

/** Discards a short body; otherwise closes the connection. */
function drain(request: ClientRequest, response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let taken = 0;
    const timer = setTimeout(() => request.destroy(), DRAIN_MS);
    response.on('data', ({ length }: Buffer) => {
      taken += length;
      if (taken > MAX_DRAINED) request.destroy();
    });
    response.on('error', () => undefined);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof NotAllowed) return NOT_ALLOWED;
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && /^\w+$/.test(code) ? code : 'no response';
}
