/** Lists the statements that authenticate the caller of a route and read data for the route. */
import { AT_MOMENTS, PRESENT } from '../../dist/src/decisions/decisions.sql.js';
import { PAST_RESOURCES, PAST_SUBJECTS, RESOURCES, SUBJECTS } from '../../dist/src/decisions/search.sql.js';
import { PrefetchingFinder } from '../../dist/src/prefetch/prefetching-finder.js';
import { PREFETCH_OF_ROUTE } from '../../dist/src/prefetch/routes.js';
import { withServiceKey } from '../../dist/src/prefetch/service-finder.js';

/** @returns the name and texts of the statements of each route, without a row type, because each route names its own */
export function statementsOfRoutes() {
  return [...PREFETCH_OF_ROUTE].map(([{ name }, prefetch]) => {
    const finders = [false, true].map((hasReplicas) => new PrefetchingFinder({ hasReplicas }, prefetch));
    const texts = finders.flatMap(({ text, listText }) => [text, listText]);
    // Read instead if nothing was prefetched.
    texts.push(prefetch.rowPrefetch?.of.text);
    return { place: name, texts: texts.filter((text) => typeof text === 'string'), row: undefined, typeOf: undefined };
  });
}

/** @returns the same for the questions of service accounts, with the key */
export function statementsOfQuestions() {
  const searches = [SUBJECTS, RESOURCES, PAST_SUBJECTS, PAST_RESOURCES].flatMap((texts) => Object.values(texts));
  const texts = [PRESENT, AT_MOMENTS, ...searches].map((text) => withServiceKey(text, 'decision:search'));
  return [{ place: 'src/decisions', texts, row: undefined, typeOf: undefined }];
}
