import { nodesOf, type PlanNode } from '../scale/plan.js';
import { DECISION_REQUESTS } from '../support/decision-requests.js';
import { quieten } from '../support/quiet.js';
import { givenScene } from '../support/requests.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { listen } from '../support/statements.js';

const service = useService();
beforeAll(() => quieten(service));

/** @returns the names of the tables whose rows a statement reads when it is executed again */
async function tablesReadBy([text, values]: readonly [string, readonly unknown[]]): Promise<string[]> {
  const [row] = await service.dataSource.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }[]>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    [...values],
  );
  const nodes = row?.['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)) ?? [];
  return nodes.flatMap((node) => (node['Actual Loops'] > 0 ? (node['Relation Name'] ?? []) : []));
}

test.each(Object.entries(DECISION_REQUESTS))(
  '%s without the scope is a 403 that reads nothing but the account',
  async (_, { send }) => {
    const asker = await givenService(service, 'event:read');
    const [, method, path, body] = send(await givenScene(service.given, { token: asker.key }));
    const statements: [string, readonly unknown[]][] = [];
    const stop = listen((_, text, values) => {
      if (text.includes('service_account')) statements.push([text, values]);
    });
    // Otherwise the client would send statements too.
    const answer = await asker.send(method, path.slice(1), { body, concurrent: true }).finally(stop);
    answer.is(403);
    expect(statements).toHaveLength(1);
    expect(new Set((await Promise.all(statements.map(tablesReadBy))).flat())).toEqual(new Set(['service_account']));
  },
);
