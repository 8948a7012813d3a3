import type { CheckedResponse } from '../support/checked-response.js';
import type { RequestOptions } from '../support/client.js';
import type { ServiceActor } from '../support/services.js';

/** The entities that a search looks for. */
export type Kind = 'subject' | 'resource' | 'action';

/** A page of a search. Its results have either `type` and `id`, or `name`. */
export interface Page {
  readonly page: { readonly next_token: string; readonly count: number };
  readonly context: { readonly evaluated_at: string; readonly as_of?: string; readonly position?: number };
  readonly results: { readonly type?: string; readonly id?: string; readonly name?: string }[];
}

export const subjectsAt = (hospital: number, name = 'prescribe', more = {}) => ({
  subject: { type: 'medic' },
  action: { name },
  resource: { type: 'hospital', id: String(hospital) },
  ...more,
});

export const resourcesOf = (medic: number, name = 'prescribe', more = {}) => ({
  subject: { type: 'medic', id: String(medic) },
  action: { name },
  resource: { type: 'hospital' },
  ...more,
});

/** @returns functions that search with the key of an account */
export function searchesBy(searcher: () => ServiceActor, options: RequestOptions = {}) {
  const send = (kind: Kind, body: unknown, headers = {}): Promise<CheckedResponse> =>
    searcher().send('POST', `/access/v1/search/${kind}`, { ...options, body, headers });
  const search = async (kind: Kind, body: unknown): Promise<Page> => (await send(kind, body)).is(200).body<Page>();

  /** @returns the ids, or the names, of all pages */
  const all = async (kind: Kind, body: object, limit?: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let token: string | undefined, first = true; first || token !== ''; first = false) {
      const page = { ...(first && limit !== undefined ? { limit } : {}), ...(token === undefined ? {} : { token }) };
      const answer: Page = await search(kind, { ...body, page });
      expect(answer.page.count).toBe(answer.results.length);
      if (limit !== undefined) expect(answer.results.length).toBeLessThanOrEqual(limit);
      ids.push(...answer.results.map(({ id, name = '' }) => id ?? name));
      token = answer.page.next_token;
    }
    return ids;
  };
  return { send, search, all };
}
