import type { Command, Sent } from './command.js';
import { instantOf } from './limits.js';
import type { Model } from './model.js';
import { ADDRESS, type ModelMedic, type ModelMembership } from './world.js';

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

/** @param number index of the ADMIN who limits the membership, and of the membership */
const limit = (number: number, membership: number, day: number) =>
  opening('give a membership an end', (model) => {
    const by = medicOf(model, number);
    const { id } = model.memberships[membership] as ModelMembership;
    const body = { valid_until: instantOf(day) };
    const path = `/management/memberships/${String(id)}`;
    return { by, method: 'PATCH', path, body, expect: () => model.changeMembership(by, id, body) };
  });

/** The state before every sequence: a hospital with two ADMINs, one of them with an end, and another with a MEMBER. */
export const OPENING: readonly Command[] = [
  found(0),
  found(1),
  employ(0, 'second.admin@example.org', true),
  employ(1, 'member@example.org', false),
  limit(0, 2, 3),
];

/** Three hospitals with one ADMIN each, who have no limits, and two medics: one without memberships, one with a live one. */
export const WAITING_OPENING: readonly Command[] = [
  found(0),
  found(1),
  found(0),
  employ(1, 'member@example.org', false),
];
