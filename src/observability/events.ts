import type { FastifyReply, FastifyRequest } from 'fastify';
import { Signal } from '../common/signal.js';

/** A request whose response was sent, or whose client has disconnected. */
export const responses = new Signal<{
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /**
   * The pattern of the path; undefined for an unknown path. Fastify builds an object each time that it is asked for it.
   */
  readonly route: string | undefined;
}>();

/** A request without a live key, on a route that needs one. */
export interface RefusedKey {
  /**
   * `none`: there was no well-formed key. `limited`: the key was not even looked up, because its address has sent too
   * many that are not live.
   */
  readonly reason: 'none' | 'not live' | 'limited';
}

/** Every {@link RefusedKey}. */
export const refusedKeys = new Signal<RefusedKey>();

/** A decision of the service about an action (section 11 of the contract). */
export interface CountedDecision {
  /** One of the service's own names of actions, never a text of the client. */
  readonly action: string;
  readonly result: 'allow' | 'deny';
}

/** Every {@link CountedDecision}: `decisions.send({ action, result })` counts one. */
export const decisions = new Signal<CountedDecision>();

/** Connections and requests that met the limits of `http/server/connections.ts` since the last message. */
export const atBounds = new Signal<{ readonly refused: number; readonly ended: number }>();
