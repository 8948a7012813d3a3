/** A node of a plan that was carried out, as PostgreSQL's EXPLAIN has it in JSON. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Plan Rows': number;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** A statement, and how it was carried out. */
export interface CarriedOut {
  readonly text: string;
  readonly plan: PlanNode;
}

/** The tables that grow with the use of the service. */
const GROWING = new Set(['medic', 'api_token', 'hospital', 'hospital_picture', 'membership']);

/** @returns the node and all below it */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** @returns which tables that grow are read from their beginning to their end */
export function tablesReadWhole(plan: PlanNode): string[] {
  return nodesOf(plan)
    .filter((node) => node['Node Type'].endsWith('Seq Scan'))
    .map((node) => node['Relation Name'] ?? '')
    .filter((table) => GROWING.has(table));
}

/** @returns the most rows that a node of the plan was expected to have; each sort and each hash has a node below it */
export function mostExpected(plan: PlanNode): number {
  return Math.max(...nodesOf(plan).map((node) => node['Plan Rows']));
}

/** @returns the most rows that a node of the plan looked at */
export function mostLookedAt(plan: PlanNode): number {
  return Math.max(...nodesOf(plan).map(lookedAt));
}

function lookedAt(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return (node['Actual Rows'] + removed) * node['Actual Loops'];
}

/** @returns how many blocks of tables and indexes the statement touched, in memory or not */
export function blocksOf(plan: PlanNode): number {
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

/** @returns the plan as lines that a person can read */
export function outlineOf(node: PlanNode, depth = 0): string[] {
  const line = [
    node['Node Type'],
    node['Relation Name'],
    node['Index Name'],
    `expected ${String(node['Plan Rows'])}`,
    `looked at ${String(lookedAt(node))}`,
    `blocks ${String(blocksOf(node))}`,
  ];
  return [
    '  '.repeat(depth) + line.filter((part) => part !== undefined).join(', '),
    ...(node.Plans ?? []).flatMap((below) => outlineOf(below, depth + 1)),
  ];
}
