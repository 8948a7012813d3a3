/**
 * The account or process that is responsible for a write, and the request by which it writes, as the record states them
 * (section 12 of the contract). Every transaction that writes names one. The writer states it in two settings that last
 * until the end of its transaction; triggers read them. Without `hm.actor` the actor is `database`: SQL by hand.
 *
 * - `hm.actor`: the JSON text of the actor, without spaces and with the members in this order; any other text is refused
 * - `hm.request`: the request's id; absent or empty if there is none
 */
export type Actor =
  | {
      readonly type: 'medic';
      readonly id: number;
      /** Id of the token that authenticated the medic; null for a log-in, which proves a password instead. */
      readonly token: number | null;
      /** Id of the request, for `hm.request`. */
      readonly request: string;
    }
  | { readonly type: 'operator' }
  | { readonly type: 'clock' };

/** The person at the command line, and the first start, which stands in for that person. */
export const OPERATOR: Actor = { type: 'operator' };

/** The service itself, at a time that nobody's request determines. */
export const CLOCK: Actor = { type: 'clock' };

/** @returns the actor of a request that a key authenticated, such as a `CurrentMedic` */
export function actorOf({ id, tokenId, requestId }: Requester): Actor {
  return { type: 'medic', id, token: tokenId, request: requestId };
}

/** The parts of a `CurrentMedic` that {@link actorOf} needs. */
interface Requester {
  readonly id: number;
  readonly tokenId: number;
  readonly requestId: string;
}

/** @returns the actor of a log-in by password */
export function medicWithoutToken(id: number, requestId: string): Actor {
  return { type: 'medic', id, token: null, request: requestId };
}

/** @returns the text of `hm.actor` */
export function actorText(actor: Actor): string {
  if (actor.type !== 'medic') return JSON.stringify({ type: actor.type });
  return JSON.stringify({ type: actor.type, id: actor.id, token: actor.token });
}

/** @returns the values of `hm.actor` and `hm.request`, which {@link statingSql} sets */
export function statedBy(actor: Actor): [actor: string, request: string] {
  return [actorText(actor), actor.type === 'medic' ? actor.request : ''];
}

/**
 * States the actor $1 and the request $2 for the rest of the transaction. In a single-statement write it must be a CTE
 * whose column the written rows use, because an unused SELECT in WITH does not run.
 * @param actor SQL of `hm.actor`
 * @param request SQL of `hm.request`, not null
 */
export function statingSql(actor = '$1', request = '$2'): string {
  return `SELECT set_config('hm.actor', ${actor}, true) AS actor, set_config('hm.request', ${request}, true) AS request`;
}
