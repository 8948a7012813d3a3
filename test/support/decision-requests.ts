import type { Request, Scene, Sent } from './requests.js';

const aSecondAgo = () => new Date(Date.now() - 1000).toISOString();

const ask = ({ asker }: Scene, path: string, body: object): Sent => [asker, 'POST', `//access/v1/${path}`, body];

/** @returns a question about the member of the scene */
const question = ({ member, hospital }: Scene, context: object = {}) => ({
  subject: { type: 'medic', id: String(member.id) },
  action: { name: 'prescribe' },
  resource: { type: 'hospital', id: String(hospital) },
  context,
});

/** The requests of services for decisions and searches, each of which is one round trip. */
export const DECISION_REQUESTS: Record<string, Request> = {
  'POST /access/v1/evaluation': { budget: 1, send: (scene) => ask(scene, 'evaluation', question(scene)) },
  'POST /access/v1/evaluation with as_of': {
    budget: 1,
    send: (scene) => ask(scene, 'evaluation', question(scene, { as_of: aSecondAgo() })),
  },
  'POST /access/v1/evaluations of 100': {
    budget: 1,
    send: (scene) => ask(scene, 'evaluations', { evaluations: Array.from({ length: 100 }, () => question(scene)) }),
  },
  'POST /access/v1/search/subject': { budget: 1, send: (scene) => ask(scene, 'search/subject', question(scene)) },
  'POST /access/v1/search/resource': { budget: 1, send: (scene) => ask(scene, 'search/resource', question(scene)) },
  'POST /access/v1/search/action': { budget: 1, send: (scene) => ask(scene, 'search/action', question(scene)) },
  'POST /access/v1/search/subject with as_of': {
    budget: 1,
    send: (scene) => ask(scene, 'search/subject', question(scene, { as_of: aSecondAgo() })),
  },
  'POST /access/v1/search/resource with as_of': {
    budget: 1,
    send: (scene) => ask(scene, 'search/resource', question(scene, { as_of: aSecondAgo() })),
  },
};
