import { Injectable } from '@nestjs/common';
import { ACTIONS, holds } from '../access/permission.js';
import type { CurrentService } from '../auth/current-service.decorator.js';
import type { MomentProblem } from '../record/past.js';
import { factsOf, type FactsJson } from './decision.js';
import { DecisionsReader, type Read } from './decisions.reader.js';
import { toMomentResponse } from './dto/decision.responses.js';
import type { SearchResponse } from './dto/search.responses.js';
import { endsOf, errorOf, type Ends } from './moment-problems.js';
import { toToken } from './page-token.js';
import type { Search, SearchPage } from './search.js';
import { MAX_EXAMINED } from './search.sql.js';

/** The row of a search for subjects or resources; the optional columns are those about the past. */
interface EntitiesRow extends Partial<Ends> {
  readonly evaluatedAt: string;
  readonly problem?: MomentProblem | null;
  /** A JSON array of one id more than wanted; null if nothing was found. */
  readonly ids: string | null;
  /** The last id that was examined, granted or not. */
  readonly last?: number | null;
  readonly examined?: number | null;
}

/** The row of a search for actions. */
interface ActionsRow extends Partial<Ends> {
  readonly evaluatedAt: string;
  readonly facts: string | null;
}

/** Searches by one statement for each page. */
@Injectable()
export class SearchService {
  constructor(private readonly reader: DecisionsReader) {}

  /**
   * @param toResult turns an id into a result
   * @throws InvalidFields the record knows nothing about the moment
   */
  async entities<Result>(
    service: CurrentService,
    { moment, page }: Search,
    read: Read,
    toResult: (id: string) => Result,
  ): Promise<SearchResponse<Result>> {
    const row = await this.reader.row<EntitiesRow>(service, read);
    if (row.problem != null) throw errorOf(row.problem, endsOf(row));
    const ids = JSON.parse(row.ids ?? '[]') as number[];
    const isCut = row.examined === MAX_EXAMINED;
    return responseOf(ids, page, row.last != null && isCut ? row.last : undefined, {
      results: (shown) => shown.map((id) => toResult(String(id))),
      context: { evaluated_at: row.evaluatedAt, ...toMomentResponse(moment) },
    });
  }

  /**
   * Pages by the number of the action.
   * @throws InvalidFields the record knows nothing about the moment
   */
  async actions(
    service: CurrentService,
    { moment, page }: Search,
    read: Read,
  ): Promise<SearchResponse<{ readonly name: string }>> {
    const row = await this.reader.row<ActionsRow>(service, read);
    const [found = null] = JSON.parse(row.facts ?? '[]') as (FactsJson | MomentProblem | null)[];
    if (typeof found === 'string') throw errorOf(found, endsOf(row));
    const facts = factsOf(found);
    const granted = facts === null ? [] : ACTIONS.filter((action) => holds(action, facts));
    const numbers = granted.map((action) => ACTIONS.indexOf(action) + 1).filter((number) => number > page.after);
    return responseOf(numbers, page, undefined, {
      results: (shown) => shown.map((number) => ({ name: ACTIONS[number - 1] ?? '' })),
      context: { evaluated_at: row.evaluatedAt, ...toMomentResponse(moment) },
    });
  }
}

/**
 * @param ids in ascending order, more than the limit if there is another page
 * @param cutAt the last id that was examined, if there may be more behind it
 */
function responseOf<Result>(
  ids: readonly number[],
  { limit, after, digest }: SearchPage,
  cutAt: number | undefined,
  { results, context }: { results: (shown: readonly number[]) => Result[]; context: SearchResponse<Result>['context'] },
): SearchResponse<Result> {
  const shown = ids.slice(0, limit);
  // The standard permits a limit of 0. Its empty page is not the last one if there are results.
  const last = ids.length > limit ? (shown.at(-1) ?? after) : cutAt;
  const next_token = last === undefined ? '' : toToken(digest(), { after: last, limit });
  return { page: { next_token, count: shown.length }, context, results: results(shown) };
}
