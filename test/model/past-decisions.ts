import { answersTo, lastPosition, question, type Answer, type Context } from '../decisions/decisions.js';
import { entriesOf, Fold, type Entry } from '../decisions/fold.js';
import { resourcesOf, searchesBy, subjectsAt, type Kind } from '../decisions/search.js';
import type { Service } from '../support/service.js';
import type { ServiceActor } from '../support/services.js';
import type { Model } from './model.js';
import { ACTIONS, isGranted, type Moment, type Question } from './moment.js';
import type { ModelMedic } from './world.js';

/** Number of positions of each sequence that are asked about; the last one is the end of the record. */
const POSITIONS = 4;

/** Upper bound of the items in a batch. */
const BATCH = 1000;

/** The entries of the clock may follow at any time. */
const BESIDE_CLOCK = { concurrent: true };

/** Compares decisions and searches about any time with the model, and with the entries of the record. */
export class PastDecisions {
  constructor(
    private readonly service: Service,
    private readonly model: Model,
    private readonly asker: ServiceActor,
  ) {}

  /**
   * Fails unless the service's decisions at the moments, after some positions and now are those that the entries until
   * then give, and the entries give those of the model.
   * @param moments of which the last is the present
   */
  async check(moments: readonly Moment[]): Promise<void> {
    const entries = await entriesOf(this.service.dataSource);
    for (const [number, moment] of moments.entries()) {
      const until = entries.filter(({ at }) => at <= moment.at);
      const fold = new Fold(until, moment.at);
      this.expectModelled(fold, moment);
      const context = { as_of: moment.at };
      this.expectFolded(await this.decide(context), fold, context);
      await this.search(fold, number, context);
    }
    for (let number = 1; number <= POSITIONS; number += 1) {
      const position = Math.ceil((entries.length * number) / POSITIONS);
      const fold = new Fold(entries.slice(0, position));
      this.expectFolded(await this.decide({ position }), fold, { position });
      await this.search(fold, number, { position });
    }
    await this.checkPresent(moments.at(-1));
  }

  private async checkPresent(present: Moment | undefined): Promise<void> {
    let entries: Entry[];
    let answers: Answer[];
    do {
      entries = await entriesOf(this.service.dataSource);
      answers = await this.decide({});
    } while ((await lastPosition(this.service.dataSource)) !== entries.length);
    const fold = new Fold(entries, answers.at(-1)?.context.evaluated_at);
    if (present !== undefined) this.expectModelled(fold, present);
    this.expectFolded(answers, fold, 'now');
    for (const number of this.model.hospitals.keys()) await this.search(fold, number, {});
  }

  private questions(): Question[] {
    const { medics, hospitals } = this.model;
    return medics.flatMap((medic) =>
      hospitals.flatMap((hospital) => ACTIONS.map((name) => ({ medic, hospital, name }))),
    );
  }

  private async decide(context: Context): Promise<Answer[]> {
    const evaluations = this.questions().map(({ medic, hospital, name }) => question(medic.id, hospital.id, name));
    const answers: Answer[] = [];
    for (let start = 0; start < evaluations.length; start += BATCH) {
      const body = { context, evaluations: evaluations.slice(start, start + BATCH) };
      answers.push(...(await answersTo(this.asker, body, BESIDE_CLOCK)));
    }
    return answers;
  }

  private expectModelled(fold: Fold, moment: Moment): void {
    const decided = (decide: (question: Question) => boolean) => ({ at: moment.at, all: this.questions().map(decide) });
    expect(decided((asked) => grants(fold, asked))).toEqual(decided((asked) => isGranted(moment, asked)));
  }

  /** Fails unless the answers, with their reasons and entries, are the fold's. */
  private expectFolded(answers: readonly Answer[], fold: Fold, when: unknown): void {
    const seen = answers.map(({ decision, context: { reason, membership, entry } }) => ({
      decision,
      reason,
      membership,
      entry,
    }));
    const expected = this.questions().map(({ medic, hospital, name }) => fold.decide(medic.id, hospital.id, name));
    expect({ when, seen }).toEqual({ when, seen: expected });
  }

  /**
   * Fails unless searches find what the fold grants: the medics of one hospital, and in turn the hospitals of one medic
   * or what that medic may do at the hospital.
   */
  private async search(fold: Fold, number: number, context: Context): Promise<void> {
    const { medics, hospitals } = this.model;
    const hospital = hospitals[number % Math.max(hospitals.length, 1)];
    if (hospital === undefined) return;
    for (const name of ACTIONS)
      await this.find('subject', subjectsAt(hospital.id, name, { context }), () =>
        idsOf(medics.filter((medic) => grants(fold, { medic, hospital, name }))),
      );
    const medic = medics[number % medics.length] as ModelMedic;
    const name = number % 4 < 2 ? 'prescribe' : 'administer';
    if (number % 2 === 0)
      await this.find('resource', resourcesOf(medic.id, name, { context }), () =>
        idsOf(hospitals.filter((each) => grants(fold, { medic, hospital: each, name }))),
      );
    else
      await this.find('action', { ...question(medic.id, hospital.id), context }, () =>
        ACTIONS.filter((each) => grants(fold, { medic, hospital, name: each })).toSorted(),
      );
  }

  private async find(kind: Kind, body: object, expected: () => string[]): Promise<void> {
    const found = await searchesBy(() => this.asker, BESIDE_CLOCK).all(kind, body);
    expect({ kind, body, found }).toEqual({ kind, body, found: expected() });
  }
}

function grants(fold: Fold, { medic, hospital, name }: Question): boolean {
  return fold.decide(medic.id, hospital.id, name).decision;
}

function idsOf(rows: readonly { readonly id: number }[]): string[] {
  return rows
    .map(({ id }) => id)
    .toSorted((a, b) => a - b)
    .map(String);
}
