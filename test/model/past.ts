import { instant } from '../support/instant.js';
import type { Service } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import type { Model } from './model.js';
import { isLive, membershipObject, type ModelHospital, type ModelMedic, type ModelMembership } from './world.js';

type State = Pick<ModelMembership, 'type' | 'isActive' | 'isDeleted' | 'from' | 'until'>;

/** What the model said at an instant. */
interface Moment {
  readonly at: string;
  readonly states: ReadonlyMap<ModelMembership, State>;
  /** The accounts and hospitals that were active. */
  readonly active: ReadonlySet<ModelMedic | ModelHospital>;
}

const ACTIONS = ['prescribe', 'administer'] as const;

interface Question {
  readonly medic: ModelMedic;
  readonly hospital: ModelHospital;
  readonly name: (typeof ACTIONS)[number];
}

/** @returns whether the model granted the action at the moment */
function isGranted({ states, active }: Moment, { medic, hospital, name }: Question): boolean {
  const [, state] =
    [...states].find(([each, of]) => each.medic === medic && each.hospital === hospital && isLive(of)) ?? [];
  if (state === undefined || !active.has(medic)) return false;
  return name === 'prescribe' ? active.has(hospital) : state.type === 'ADMIN';
}

/**
 * Remembers the memberships of the model after each change, and compares them with the service's lists and
 * decisions about the past.
 */
export class Past {
  private readonly moments: Moment[] = [];

  constructor(
    private readonly service: Service,
    private readonly model: Model,
  ) {}

  /** Waits for the clock, which is coarse in the embedded database, so that later changes have later instants. */
  async remember(): Promise<void> {
    const [{ at }] = await this.service.dataSource.query<[{ at: string }]>(
      `SELECT ${instant('clock_timestamp()')} AS at, pg_sleep(0.002)::text`,
    );
    const states = new Map(
      this.model.memberships.map((membership) => {
        const { type, isActive, isDeleted, from, until } = membership;
        return [membership, { type, isActive, isDeleted, from, until }];
      }),
    );
    const active = new Set([...this.model.medics, ...this.model.hospitals].filter(({ isActive }) => isActive));
    this.moments.push({ at, states, active });
  }

  /** Fails unless each moment's memberships, those of one hospital in turn, are the service's. */
  async check(): Promise<void> {
    const { model, service } = this;
    const hospitals = model.hospitals.flatMap((hospital) => {
      const admin = model.adminsOf(hospital).find(({ isActive }) => isActive);
      return admin === undefined ? [] : [{ hospital, admin }];
    });
    for (const [number, { at, states }] of this.moments.entries()) {
      const seen = hospitals[number % Math.max(hospitals.length, 1)];
      if (seen === undefined) return;
      for (const isDeleted of [false, true]) {
        const expected = [...states]
          .map(([membership, state]) => ({ ...membership, ...state }))
          .filter((membership) => membership.hospital === seen.hospital)
          .filter((membership) => (isDeleted ? membership.isDeleted : isLive(membership)))
          .sort((a, b) => (a.dateJoined === b.dateJoined ? b.id - a.id : a.dateJoined < b.dateJoined ? 1 : -1))
          .map(membershipObject);
        const path = `/memberships/${String(seen.hospital.id)}?at=${at}&is_deleted=${String(isDeleted)}`;
        const answer = await service.client.get(path, { token: seen.admin.token });
        expect({ path, list: answer.json }).toEqual({ path, list: expected });
      }
    }
  }

  /** Fails unless every decision about each moment, and the decisions after the last one, are the model's. */
  async checkDecisions(): Promise<void> {
    const asker = await givenService(this.service, 'decision:check', 'decision:search');
    const present = this.moments.at(-1);
    for (const [number, moment] of this.moments.entries()) {
      const context = { as_of: moment.at };
      await this.compare(asker, moment, context);
      await this.search(asker, moment, number, context);
    }
    if (present === undefined) return;
    await this.compare(asker, present, {});
    for (const number of this.model.hospitals.keys()) await this.search(asker, present, number, {});
  }

  /** Fails unless a search for the medics of a hospital finds those whom the model grants the action. */
  private async search(asker: ServiceActor, moment: Moment, number: number, context: object): Promise<void> {
    const { medics, hospitals } = this.model;
    const hospital = hospitals[number % Math.max(hospitals.length, 1)];
    if (hospital === undefined) return;
    for (const name of ACTIONS) {
      const body = {
        subject: { type: 'medic' },
        action: { name },
        resource: { type: 'hospital', id: String(hospital.id) },
        context,
      };
      const answer = await asker.send('POST', '/access/v1/search/subject', { body, concurrent: true });
      const found = answer
        .is(200)
        .body<{ results: { id: string }[] }>()
        .results.map(({ id }) => Number(id));
      const expected = medics.filter((medic) => isGranted(moment, { medic, hospital, name })).map(({ id }) => id);
      expect({ body, found }).toEqual({ body, found: expected.sort((a, b) => a - b) });
    }
  }

  private async compare(asker: ServiceActor, moment: Moment, context: object): Promise<void> {
    const { medics, hospitals } = this.model;
    const asked = medics.flatMap((medic) =>
      hospitals.flatMap((hospital) => ACTIONS.map((name) => ({ medic, hospital, name }))),
    );
    const expected = asked.map((question) => isGranted(moment, question));
    for (let start = 0; start < asked.length; start += 1000) {
      const evaluations = asked.slice(start, start + 1000).map(({ medic, hospital, name }) => ({
        subject: { type: 'medic', id: String(medic.id) },
        action: { name },
        resource: { type: 'hospital', id: String(hospital.id) },
      }));
      const answer = await asker.send('POST', '/access/v1/evaluations', {
        body: { context, evaluations },
        concurrent: true,
      });
      const decisions = answer
        .is(200)
        .body<{ evaluations: { decision: boolean }[] }>()
        .evaluations.map(({ decision }) => decision);
      expect({ context, decisions }).toEqual({ context, decisions: expected.slice(start, start + 1000) });
    }
  }
}
