import { BATCH, questionsOf } from '../decision-scenarios.js';
import type { Scenario } from '../scenarios.js';
import type { Scene } from '../scene.js';

/** How old the data of a decision may be: not at all, or some seconds. */
export type Consistency = 'fullyConsistent' | 'minimizeLatency';

/** Number of different batches, which exist before the load begins. */
const BATCHES = 256;

const itemsOf = (scene: Scene) => `
${questionsOf(scene)}
local function item(n)
  local medic, hospital = medicOf[n % #medicOf + 1], hospitalOf[n % #medicOf + 1]
  return '"resource": {"objectType": "hospital", "objectId": "' .. hospital .. '"}, "permission": "prescribe", ' ..
    '"subject": {"object": {"objectType": "medic", "objectId": "' .. medic .. '"}}'
end`;

/** @returns the check of one permission, or of as many as the batches of the other scenarios */
export function checkOf(consistency: Consistency, isBatch: boolean): Scenario {
  const wanted = `"consistency": {"${consistency}": true}`;
  return {
    name: isBatch ? `checks of ${String(BATCH)}` : 'check',
    target: 0,
    isWrite: false,
    decisions: isBatch ? BATCH : 1,
    prepare: (scene) => `${itemsOf(scene)}
local batches = {}
for b = 1, ${isBatch ? String(BATCHES) : '0'} do
  local items = {}
  for i = 1, ${String(BATCH)} do items[i] = '{' .. item(b * ${String(BATCH)} + i) .. '}' end
  batches[b] = '{${wanted}, "items": [' .. table.concat(items, ',') .. ']}'
end`,
    lua: () =>
      isBatch
        ? `return 'POST', '/v1/permissions/checkbulk', SERVICE, batches[n % #batches + 1]`
        : `return 'POST', '/v1/permissions/check', SERVICE, '{${wanted}, ' .. item(n) .. '}'`,
  };
}
