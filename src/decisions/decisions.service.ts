import { Injectable } from '@nestjs/common';
import { isAction } from '../access/permission.js';
import type { CurrentService } from '../auth/current-service.decorator.js';
import type { InvalidFields } from '../common/errors.js';
import { decisions } from '../observability/events.js';
import type { MomentProblem } from '../record/past.js';
import { decide, factsOf, type FactsJson } from './decision.js';
import { DecisionsReader, type Read } from './decisions.reader.js';
import { isMade, toDecisionResponse, toErrorResponse, type DecisionResponse } from './dto/decision.responses.js';
import type { Evaluation } from './evaluation.js';
import type { Evaluations, Item, Question, Semantic } from './evaluations.js';
import { endsOf, errorOf, type Ends } from './moment-problems.js';
import { Receipts } from './receipts.js';

/** The row of `PRESENT` and of `AT_MOMENTS`. */
interface EvaluationRow extends Partial<Ends> {
  readonly evaluatedAt: string;
  /** Null if no receipt is wanted. */
  readonly origin: string | null;
  /** A JSON array of {@link FactsOrProblem}; null for no evaluation. */
  readonly facts: string | null;
}

type FactsOrProblem = FactsJson | MomentProblem | null;

/** Decides by one statement for each request. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly reader: DecisionsReader,
    private readonly receipts: Receipts,
  ) {}

  /**
   * @param read the statement for the evaluation
   * @throws InvalidFields the record knows nothing about the moment
   * @throws NoSigningKey a receipt is wanted
   */
  async evaluate(service: CurrentService, evaluation: Evaluation, read: Read): Promise<DecisionResponse> {
    if (evaluation.wantsReceipt) this.receipts.requireKey();
    const row = await this.reader.row<EvaluationRow>(service, read);
    const item = { evaluation, inheritsContext: true };
    const response = responseTo(item, factsIn(row)[0] ?? null, row);
    return evaluation.wantsReceipt ? this.withReceipt(response, item, row) : response;
  }

  /**
   * @param read the statement for all evaluations
   * @returns the decisions in the order of the items, up to the one that ends the request by its semantic
   * @throws InvalidFields the record knows nothing about the moment of the default context
   * @throws NoSigningKey a receipt is wanted
   */
  async evaluateAll(
    service: CurrentService,
    { items, semantic }: Evaluations,
    read: Read,
  ): Promise<DecisionResponse[]> {
    if (items.some(wantsReceipt)) this.receipts.requireKey();
    const row = await this.reader.row<EvaluationRow>(service, read);
    const found = factsIn(row);
    const responses: DecisionResponse[] = [];
    let next = 0;
    for (const item of items) {
      const response = responseTo(item, 'evaluation' in item ? (found[next] ?? null) : null, row);
      if ('evaluation' in item) next += 1;
      // Awaits only what is signed: waiting for each of a thousand decisions would take longer than the decisions.
      responses.push(wantsReceipt(item) ? await this.withReceipt(response, item, row) : response);
      if (ends(semantic, response.decision)) break;
    }
    return responses;
  }

  /** @returns the response with a receipt, unless it is an error */
  private async withReceipt(
    response: DecisionResponse,
    { evaluation }: Question,
    { origin }: EvaluationRow,
  ): Promise<DecisionResponse> {
    if (!isMade(response)) return response;
    const receipt = await this.receipts.sign(origin ?? '', evaluation, response);
    return { ...response, context: { ...response.context, receipt } };
  }
}

function wantsReceipt(item: Item): item is Question {
  return 'evaluation' in item && item.evaluation.wantsReceipt;
}

/** @throws InvalidFields the record knows nothing about the moment of the default context */
function responseTo(item: Item, found: FactsOrProblem, row: EvaluationRow): DecisionResponse {
  if (!('evaluation' in item)) return toErrorResponse(item.problem);
  if (typeof found === 'string') return refuse(errorOf(found, endsOf(row)), item.inheritsContext);
  const { evaluation } = item;
  const response = toDecisionResponse(decide(evaluation, factsOf(found)), evaluation.moment, row.evaluatedAt);
  if (decisions.isHeard) {
    const action = isAction(evaluation.action) ? evaluation.action : 'other';
    decisions.send({ action, result: response.decision ? 'allow' : 'deny' });
  }
  return response;
}

/** A wrong value of one item is its own error; one of the default context is that of the request. */
function refuse(problem: InvalidFields, isOfRequest: boolean): DecisionResponse {
  if (isOfRequest) throw problem;
  return toErrorResponse(problem);
}

function factsIn({ facts }: EvaluationRow): FactsOrProblem[] {
  return JSON.parse(facts ?? '[]') as FactsOrProblem[];
}

/** @returns whether a request ends after a decision */
function ends(semantic: Semantic, decision: boolean): boolean {
  return semantic === (decision ? 'permit_on_first_permit' : 'deny_on_first_deny');
}
