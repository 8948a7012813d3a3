import { instant } from '../support/instant.js';
import type { Service } from '../support/service.js';
import { givenService } from '../support/services.js';
import type { Model } from './model.js';
import type { Moment } from './moment.js';
import { PastDecisions } from './past-decisions.js';
import { isLive, membershipObject } from './world.js';

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
    await new PastDecisions(this.service, this.model, asker).check(this.moments);
  }
}
