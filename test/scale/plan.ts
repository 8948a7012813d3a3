/** A node of an executed plan, in the JSON format of PostgreSQL's EXPLAIN. */
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

/** A statement and its executed plan. */
export interface CarriedOut {
  readonly text: string;
  readonly plan: PlanNode;
}

/** The tables that grow with use. */
const GROWING = new Set(['medic', 'api_token', 'hospital', 'hospital_picture', 'membership', 'record_entry']);

/** @returns the node and all its descendants */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** @returns the growing tables with a sequential scan in the plan */
export function tablesReadWhole(plan: PlanNode): string[] {
  return nodesOf(plan)
    .filter((node) => node['Node Type'].endsWith('Seq Scan'))
    .map((node) => node['Relation Name'] ?? '')
    .filter((table) => GROWING.has(table));
}

/** @returns the highest row estimate of any node; every sort and hash has a node below it */
export function mostExpected(plan: PlanNode): number {
  return Math.max(...nodesOf(plan).map((node) => node['Plan Rows']));
}

/** @returns the highest number of rows that any node examined */
export function mostLookedAt(plan: PlanNode): number {
  return Math.max(...nodesOf(plan).map(lookedAt));
}

/** @returns the number of rows that a node examined */
export function lookedAt(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return (node['Actual Rows'] + removed) * node['Actual Loops'];
}

/** @returns the number of blocks the statement touched, cached or not */
export function blocksOf(plan: PlanNode): number {
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

/** @returns a readable outline of the plan, in lines */
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
