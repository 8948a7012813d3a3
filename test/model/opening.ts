import type { Command, Sent } from './command.js';
import type { Model } from './model.js';
import { ADDRESS, type ModelMedic } from './world.js';

function opening(name: string, toSend: (model: Model) => Sent): Command {
  return { name: `opening: ${name}`, asForm: false, hasKey: false, toSend };
}

/** @param number index of the medic, from 0 */
const medicOf = ({ medics }: Model, number: number) => medics[number] as ModelMedic;

const found = (number: number) =>
  opening('found a hospital', (model) => {
    const by = medicOf(model, number);
    const fields = { name: `Hospital of ${String(number)}` };
    const body = { ...ADDRESS, ...fields };
    return { by, method: 'POST', path: '/hospital/', body, expect: () => model.createHospital(by, fields) };
  });

const employ = (number: number, email: string, isAdmin: boolean) =>
  opening('create a medic at the own hospital', (model) => {
    const by = medicOf(model, number);
    const hospital = model.activeOf(by)?.hospital.id ?? null;
    const fields = { name: 'Employed', email, hospital, is_admin_membership: isAdmin };
    const body = { ...fields, password: 'correct horse battery staple' };
    return { by, method: 'POST', path: '/medics/', body, expect: () => model.createMedic(by, fields) };
  });

/** The state before every sequence: a hospital with two ADMINs, and another with a MEMBER. */
export const OPENING: readonly Command[] = [
  found(0),
  found(1),
  employ(0, 'second.admin@example.org', true),
  employ(1, 'member@example.org', false),
];
