import { isAction, type Action } from '../access/permission.js';
import { Asked, type Understood } from './asked.js';
import { AT_MOMENTS, PRESENT } from './decisions.sql.js';
import type { Read } from './decisions.reader.js';
import { idOf, isPresent, requireBody, RESOURCE_TYPE, SUBJECT_TYPE } from './evaluation.js';
import { Input, wholeNumberOf, type Entity, type Fields, type Moment } from './input.js';
import { digestOfSearch, MAX_RESULTS, readToken } from './page-token.js';
import { PAST_RESOURCES, PAST_SUBJECTS, RESOURCES, SUBJECTS } from './search.sql.js';

/** The kind of results of a search. */
export type Kind = 'subject' | 'resource' | 'action';

/** The part of the results that a request asks for. */
export interface SearchPage {
  /** Upper bound of the results. */
  readonly limit: number;
  /** The last id of the page before; 0 for the first page. */
  readonly after: number;
  /** @returns the digest of the search; computed only for a token, which most searches do not have */
  readonly digest: () => Buffer;
}

/** A request to one of the Search APIs. */
export interface Search {
  readonly moment: Moment;
  readonly page: SearchPage;
}

/** Searches for medics and for hospitals, which page by id. */
export const SUBJECT_SEARCH = searchFor('subject', ({ action, subject, resource }) => {
  const isKnown = isAction(action) && subject.type === SUBJECT_TYPE;
  return { action: isKnown ? action : undefined, id: isKnown ? idOf(resource, RESOURCE_TYPE) : null };
});

export const RESOURCE_SEARCH = searchFor('resource', ({ action, subject, resource }) => {
  const isKnown = isAction(action) && resource.type === RESOURCE_TYPE;
  return { action: isKnown ? action : undefined, id: isKnown ? idOf(subject, SUBJECT_TYPE) : null };
});

/** A search for actions: the facts of one evaluation decide about each of them. */
export const ACTION_SEARCH = new Asked((body): Understood<Search> => {
  const { search, entities } = readSearch('action', body);
  const ids = [[idOf(entities.subject, SUBJECT_TYPE)], [idOf(entities.resource, RESOURCE_TYPE)], false];
  const { moment } = search;
  if (isPresent(moment)) return { input: search, read: { text: PRESENT, values: ids, isPast: false } };
  const values = [...ids, [moment.asOf ?? null], [moment.position ?? null]];
  return { input: search, read: { text: AT_MOMENTS, values, isPast: true } };
});

interface Entities {
  readonly subject: Entity;
  readonly action: string;
  readonly resource: Entity;
}

/** @param about returns the id that the search starts from; null finds nothing */
function searchFor(
  kind: 'subject' | 'resource',
  about: (entities: Entities) => { action: Action | undefined; id: number | null },
): Asked<Search> {
  const [present, past] = kind === 'subject' ? [SUBJECTS, PAST_SUBJECTS] : [RESOURCES, PAST_RESOURCES];
  return new Asked((body) => {
    const { search, entities } = readSearch(kind, body);
    const { action = 'prescribe', id } = about(entities);
    const { page, moment } = search;
    const values = [id, page.after, page.limit + 1];
    const read: Read = isPresent(moment)
      ? { text: present[action], values, isPast: false }
      : { text: past[action], values: [...values, moment.asOf ?? null, moment.position ?? null], isPast: true };
    return { input: search, read };
  });
}

/** @throws InvalidFields an entity is missing or mistyped, or the context or the page cannot be used */
function readSearch(kind: Kind, body: unknown): { search: Search; entities: Entities } {
  const fields = requireBody(body);
  const input = new Input();
  const entities = {
    subject: input.entity(fields['subject'], 'subject', kind !== 'subject'),
    action: kind === 'action' ? '' : input.action(fields['action']),
    resource: input.entity(fields['resource'], 'resource', kind !== 'resource'),
  };
  const moment = input.moment(input.object(fields['context'], 'context', false));
  const page = pageIn(input, fields, () => digestOfSearch(kind, fields));
  input.requireValid();
  return { search: { moment, page }, entities };
}

function pageIn(input: Input, fields: Fields, digest: () => Buffer): SearchPage {
  const { limit: wanted, token } = input.object(fields['page'], 'page', false) ?? {};
  const number = wanted === undefined ? undefined : wholeNumberOf(wanted);
  if (wanted !== undefined && (number === undefined || number < 0)) {
    input.refuse('page.limit', 'Must be a whole number of at least 0.');
  }
  const limit = number === undefined ? undefined : Math.min(number, MAX_RESULTS);
  if (token === undefined) return { limit: limit ?? MAX_RESULTS, after: 0, digest };
  const known = typeof token === 'string' ? readToken(token, digest()) : undefined;
  if (known === undefined) {
    input.refuse('page.token', 'Must be the next_token of the same search, with the same entities and context.');
  } else if (limit !== undefined && known.limit !== 0 && limit !== known.limit) {
    input.refuse('page.limit', `Must be the limit of the first page, ${String(known.limit)}, or absent.`);
  }
  // After an empty page of limit 0 the limit is chosen again: whoever follows the tokens comes to an end.
  return { limit: (known?.limit || limit) ?? MAX_RESULTS, after: known?.after ?? 0, digest };
}
