import type { Scenario } from './scenarios.js';
import type { Scene } from './scene.js';

const API = '/access/v1';
/** Number of questions in a batch. */
export const BATCH = 100;
/** Number of different batches, which exist before the load begins. */
const BATCHES = 256;

/** A question of the Authorization API about a medic and a hospital, as Lua. */
const QUESTION = `
local function question(n)
  local medic, hospital = medicOf[n % #medicOf + 1], hospitalOf[n % #medicOf + 1]
  return '{"subject": {"type": "medic", "id": "' .. medic .. '"}, "action": {"name": "prescribe"}, ' ..
    '"resource": {"type": "hospital", "id": "' .. hospital .. '"}}'
end`;

/** @returns Lua with the ids of the questions, in `medicOf` and `hospitalOf`, and a function that writes one as JSON */
export const questionsOf = ({ questions }: Scene) => `
local medicOf = {${questions.map(([medic]) => medic).join(',')}}
local hospitalOf = {${questions.map(([, hospital]) => hospital).join(',')}}
${QUESTION}`;

/** Requests of a service account; the naive service does not have them. */
export const DECISION_SCENARIOS: readonly Scenario[] = [
  {
    name: 'evaluation',
    target: 0.75,
    isWrite: false,
    without: ['naive'],
    decisions: 1,
    prepare: questionsOf,
    lua: () => `return 'POST', '${API}/evaluation', SERVICE, question(n)`,
  },
  {
    name: `evaluations of ${String(BATCH)}`,
    target: 0.75,
    isWrite: false,
    without: ['naive'],
    decisions: BATCH,
    prepare: (scene) => `${questionsOf(scene)}
local batches = {}
for b = 1, ${String(BATCHES)} do
  local items = {}
  for i = 1, ${String(BATCH)} do items[i] = question(b * ${String(BATCH)} + i) end
  batches[b] = '{"evaluations": [' .. table.concat(items, ',') .. ']}'
end`,
    lua: () => `return 'POST', '${API}/evaluations', SERVICE, batches[n % #batches + 1]`,
  },
  {
    name: 'search subjects',
    target: 0.75,
    isWrite: false,
    without: ['naive'],
    lua: () => `
      local body = '{"subject": {"type": "medic"}, "action": {"name": "prescribe"}, ' ..
        '"resource": {"type": "hospital", "id": "' .. readHospital(n) .. '"}}'
      return 'POST', '${API}/search/subject', SERVICE, body`,
  },
  {
    name: 'search resources',
    target: 0.75,
    isWrite: false,
    without: ['naive'],
    prepare: questionsOf,
    lua: () => `
      local body = '{"subject": {"type": "medic", "id": "' .. medicOf[n % #medicOf + 1] .. '"}, ' ..
        '"action": {"name": "prescribe"}, "resource": {"type": "hospital"}}'
      return 'POST', '${API}/search/resource', SERVICE, body`,
  },
];
