/** The account or process that is responsible for a write. Every transaction that writes names one. */
export type Actor =
  | {
      readonly type: 'medic';
      readonly id: number;
      /** Id of the token that authenticated the medic; null for a log-in, which proves a password instead. */
      readonly token: number | null;
    }
  | { readonly type: 'operator' }
  | { readonly type: 'clock' };

/** The person at the command line, and the first start, which stands in for that person. */
export const OPERATOR: Actor = { type: 'operator' };

/** The service itself, at a time that nobody's request determines. */
export const CLOCK: Actor = { type: 'clock' };

/** @returns the actor of a request that a key authenticated, such as a `CurrentMedic` */
export function actorOf({ id, tokenId }: { readonly id: number; readonly tokenId: number }): Actor {
  return { type: 'medic', id, token: tokenId };
}

/** @returns the actor of a log-in by password */
export function medicWithoutToken(id: number): Actor {
  return { type: 'medic', id, token: null };
}
