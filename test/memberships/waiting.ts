import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import type { HospitalScene } from '../support/given.js';
import type { Service } from '../support/service.js';

/** An instant in a distant future. */
export const day = (number: number) => `2999-01-0${String(number)}T00:00:00.000000Z`;
export const startsOn = (number: number) => ({ validFrom: new Date(day(number)) });
export const ENDED = { validUntil: new Date(0) };

/** A hospital and its ADMIN. */
type Place = Pick<HospitalScene, 'hospital' | 'admin'>;

interface Scene {
  readonly medic: Actor;
  readonly one: Place;
  readonly two: Place;
  readonly three: Place;
}

async function givenPlace({ given }: Service): Promise<Place> {
  const [hospital, admin] = [await given.emptyHospital(), await given.medic()];
  await given.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true });
  return { hospital, admin };
}

/** A medic, and three hospitals whose ADMINs neither are the medic nor created it. */
export async function givenMedic(service: Service): Promise<Scene> {
  const [one, two, three] = [await givenPlace(service), await givenPlace(service), await givenPlace(service)];
  return { medic: await service.given.medic(), one, two, three };
}

/** A medic with two memberships that have not started: the first, of the `start`, has the flag. */
export async function givenTwo(service: Service, start: number, other: number) {
  const scene = await givenMedic(service);
  const { medic, one, two } = scene;
  const flagged = await service.given.membership(medic, one.hospital, { ...startsOn(start), isActive: true });
  const second = await service.given.membership(medic, two.hospital, startsOn(other));
  return { ...scene, flagged, second };
}

/** Adds a medic over HTTP. @returns the id of the membership */
export async function add({ admin, hospital }: Place, medic: Actor, fields: object): Promise<number> {
  return (await admin.addMember(hospital, medic, fields)).isCreated().body<{ id: number }>().id;
}

/** @returns which memberships have the flag */
export async function flagsOf({ given }: Service, ...ids: number[]): Promise<boolean[]> {
  const flags: boolean[] = [];
  for (const id of ids) flags.push((await given.rowOf(id)).isActive);
  return flags;
}
