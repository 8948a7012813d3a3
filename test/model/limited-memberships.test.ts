import { answersTo, question } from '../decisions/decisions.js';
import type { Actor } from '../support/actor.js';
import { valueOf } from '../support/hand.js';
import { fromNow, passing } from '../support/limits.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { until } from '../support/until.js';
import { allEntries, expectSound } from '../record/entries.js';

const service = useService();
const STEPS = 25;
/** Entries of the clock may follow at any time. */
const BESIDE_CLOCK = { concurrent: true };

/** Numbers that look random and are the same in each run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

interface Limits {
  readonly is_deleted: boolean;
  readonly valid_from: string | null;
  readonly valid_until: string | null;
}

/** One membership in the model: its states, each from the instant of its entry on. */
type Timeline = { readonly at: string; readonly state: Limits }[];

/** Decides by the contract's words alone: live is not deleted, from valid_from on, until valid_until. */
function isLiveAt(timeline: Timeline, instant: string): boolean {
  const state = timeline.filter(({ at }) => at <= instant).at(-1)?.state;
  if (state === undefined || state.is_deleted) return false;
  const hasStarted = state.valid_from === null || state.valid_from <= instant;
  return hasStarted && (state.valid_until === null || instant < state.valid_until);
}

/** Changes memberships at random, between instants that are never far away. */
class Play {
  /** Every decision that was made on the way. */
  readonly decided: { readonly medic: number; readonly at: string; readonly decision: boolean }[] = [];

  constructor(
    private readonly random: (below: number) => number,
    private readonly asker: ServiceActor,
    private readonly hospital: number,
    private readonly medics: ReadonlyMap<number, number>,
  ) {}

  /** @param patch sends a change of a membership and returns its status */
  async step(patch: (id: number, change: object) => Promise<number>): Promise<void> {
    const ids = [...this.medics.keys()];
    const id = ids[this.random(ids.length)] ?? 0;
    const [from, to] = [await this.instant(), await this.instant()];
    const changes = [{ valid_from: from }, { valid_until: to }, { valid_from: from, valid_until: to }];
    const all = [
      ...changes,
      { valid_from: null, valid_until: null },
      { is_deleted: true },
      { is_deleted: false, valid_until: null },
    ];
    const status = await patch(id, all[this.random(all.length)] ?? {});
    expect([201, 400, 409]).toContain(status);
    await this.ask();
  }

  async ask(): Promise<void> {
    const medics = [...this.medics.values()];
    const answers = await answersTo(
      this.asker,
      { evaluations: medics.map((medic) => question(medic, this.hospital)) },
      BESIDE_CLOCK,
    );
    answers.forEach(({ decision, context }, index) => {
      this.decided.push({ medic: medics[index] ?? 0, at: context.evaluated_at ?? '', decision });
    });
  }

  private instant(): Promise<string> {
    return fromNow(service.dataSource, `${String(this.random(900) - 200)} milliseconds`);
  }
}

test.each([7, 11])(
  'decisions, past ones and the record follow the limits of random changes (seed %j)',
  async (seed) => {
    const { admin, hospital } = await service.given.hospital();
    const asker = await givenService(service);
    const medics = new Map<number, number>();
    for (let count = 0; count < 3; count += 1) {
      const { id } = await service.given.medic();
      const answer = await admin.post('/management/memberships/', { medic: id, hospital }, BESIDE_CLOCK);
      medics.set(answer.isCreated().body<{ id: number }>().id, id);
    }
    const play = new Play(randomOf(seed), asker, hospital, medics);
    for (let count = 0; count < STEPS; count += 1) {
      await play.step(async (id, change) => (await admin.changeMembership(id, change, BESIDE_CLOCK)).status);
    }
    const last = await valueOf<string | null>(
      service.dataSource,
      `SELECT to_char(max(valid_until) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS value FROM membership`,
    );
    if (last !== null) await passing(service.dataSource, last);
    await play.ask();
    await until(
      async () =>
        (await service.dataSource.query<unknown[]>('SELECT FROM membership WHERE due_at <= now()')).length === 0,
    );
    await expectSound(service.dataSource);

    const entries = await allEntries(service.dataSource);
    const timelines = new Map(
      [...medics].map(([membership, medic]) => [
        medic,
        entries
          .filter((entry) => entry.membership === membership)
          .map(({ at, after }) => ({
            at,
            state: { valid_from: null, valid_until: null, ...(after as object) } as Limits,
          })),
      ]),
    );
    expect(play.decided.some(({ decision }) => decision) && play.decided.some(({ decision }) => !decision)).toBe(true);
    for (const { medic, at, decision } of play.decided)
      expect({ medic, at, decision }).toEqual({ medic, at, decision: isLiveAt(timelines.get(medic) ?? [], at) });
    const past = await answersTo(asker, {
      evaluations: play.decided.map(({ medic, at }) => question(medic, hospital, 'prescribe', { as_of: at })),
    });
    expect(past.map(({ decision }) => decision)).toEqual(play.decided.map(({ decision }) => decision));

    const instants = entries.filter(({ type }) => /\.(started|ended)$/.test(type));
    for (const { at, effective = '', actor, before, after } of instants) {
      expect(effective <= at).toBe(true);
      expect(actor).toEqual({ type: 'clock' });
      expect(after).toEqual(before);
    }
    const pairs = instants.map(
      ({ membership, type, effective }) => `${String(membership)} ${type} ${String(effective)}`,
    );
    expect(new Set(pairs).size).toBe(pairs.length);
  },
);

/** A creation: the database's clock was between `before` and `after` when it was decided. */
interface Creation {
  readonly hospital: number;
  readonly start: string;
  readonly before: string;
  readonly after: string;
}

const laterOf = (one: string, other: string) => (one > other ? one : other);

/** @returns the hospitals whose membership may have been the medic's first live one */
function firstLiveOf(creations: readonly Creation[]): number[] {
  const surely = creations.map(({ start, after }) => laterOf(start, after)).sort()[0] ?? '';
  return creations.filter(({ start, before }) => laterOf(start, before) <= surely).map(({ hospital }) => hospital);
}

test.each([7, 11, 13])('the first live membership of random starts is the active one (seed %j)', async (seed) => {
  const random = randomOf(seed);
  const { given, dataSource } = service;
  const medics = [await given.medic(), await given.medic(), await given.medic()];
  const places = [await given.hospital(), await given.hospital(), await given.hospital()];
  const created = new Map(medics.map((medic): [Actor, Creation[]] => [medic, []]));
  for (const { admin, hospital } of places) {
    for (const [medic, creations] of created) {
      const start = await fromNow(dataSource, `${String(random(3000) - 300)} milliseconds`);
      const before = await fromNow(dataSource);
      (await admin.addMember(hospital, medic, { valid_from: start }, BESIDE_CLOCK)).isCreated();
      creations.push({ hospital, start, before, after: await fromNow(dataSource) });
    }
  }
  const starts = [...created.values()].flat().map(({ start }) => start);
  await passing(dataSource, starts.sort().at(-1) ?? '');
  for (const [medic, creations] of created) {
    const { hospital } = (await medic.get('/medics/me/')).isOk().body<{ hospital: number | null }>();
    expect(firstLiveOf(creations)).toContain(hospital);
  }
  expect([...created.values()].some((creations) => firstLiveOf(creations).length === 1)).toBe(true);
});
