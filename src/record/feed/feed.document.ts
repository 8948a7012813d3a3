import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { namedExamples } from '../../http/output/answers.decorator.js';
import { formatError } from '../../http/output/error-format.js';
import { ProblemResponse } from '../../http/output/problem.response.js';
import { cloudEventsOf, CLOUD_EVENTS } from './cloud-events.js';
import { EVENT_STREAM } from './event-stream.js';
import { CloudEventResponse, EventsResponse, FeedProblemResponse } from './event.responses.js';
import { AnotherRecord, InvalidPosition } from './feed.errors.js';
import type { Entry } from '../entry.js';

const POSITION = 48213;

const ENTRY: Entry = {
  position: POSITION,
  id: '8b0e6f1c-4c3b-4c0e-9d3a-2f4f6f1f7a10',
  at: '2026-11-28T01:12:12.017392Z',
  type: 'membership.removed',
  membership: 191,
  medic: 33,
  hospital: 99,
  before: { type_membership: 'MEMBER', is_active: true, is_deleted: false },
  after: { type_membership: 'MEMBER', is_active: true, is_deleted: true },
  actor: { type: 'medic', id: 12, token: 87 },
  request: '01J',
};

const BODY = JSON.stringify(ENTRY);
const ORIGIN = 'hospital-memberships/6f9c1f66-0b4c-4a55-9a0b-0b7a4c1f2a11';
const BATCH = JSON.parse(cloudEventsOf({ entries: [{ position: POSITION, body: BODY }], origin: ORIGIN })) as object;

const RULES =
  'Entries have the positions 1, 2, 3, … without gaps, so a reader without filters proves by counting that it missed ' +
  'none. Pass `next` as `after` to continue. The response contains every change that was committed before the request. ' +
  'Send the `id` of your last entry too, to notice that the record was replaced. ' +
  '`wait` holds the request until there is an entry. Or choose by `Accept`: `application/json`; ' +
  `\`${CLOUD_EVENTS}\`, a batch of CloudEvents 1.0 with a \`Link\` to the next one; or \`${EVENT_STREAM}\`, ` +
  'server-sent events that never end by themselves, with the position as `id:` and a comment every 15 s.';

/** Documents the feed, which has three representations. */
export function FeedAnswers(): MethodDecorator {
  const problemOf = (status: number, { message, details }: AnotherRecord | InvalidPosition) =>
    formatError({ status, body: { message, ...details } }, 'problem').body;
  const problem = (status: 400 | 409, schema: string, examples: Record<string, object>) =>
    ApiResponse({
      status,
      description: Object.keys(examples).join(' '),
      content: { 'application/problem+json': { schema: { $ref: schema }, examples: namedExamples(examples) } },
    });
  return applyDecorators(
    ApiExtraModels(EventsResponse, CloudEventResponse, FeedProblemResponse),
    ApiOperation({ summary: 'Follow all changes', description: `**Rules:** ${RULES}\n\n**Changes:** Nothing.` }),
    ApiHeader({
      name: 'Last-Event-ID',
      description: 'The position to continue after; it takes precedence over `after`.',
      required: false,
      schema: { type: 'integer', minimum: 0 },
    }),
    ApiResponse({
      status: 200,
      description: 'The entries after the position.',
      headers: {
        Link: {
          description: `The next batch (\`rel="next"\`), only of \`${CLOUD_EVENTS}\`.`,
          schema: { type: 'string' },
        },
      },
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(EventsResponse) },
          examples: namedExamples({ 'A member was removed.': { data: [ENTRY], next: POSITION, head: POSITION } }),
        },
        [CLOUD_EVENTS]: {
          schema: { type: 'array', items: { $ref: getSchemaPath(CloudEventResponse) } },
          examples: namedExamples({ 'A member was removed.': BATCH }),
        },
        [EVENT_STREAM]: {
          schema: { type: 'string' },
          example: `id: ${String(POSITION)}\ndata: ${BODY}\n\n`,
        },
      },
    }),
    problem(400, getSchemaPath(FeedProblemResponse), {
      'A parameter is wrong, or the position is beyond the end of the record.': problemOf(
        400,
        new InvalidPosition('after', POSITION),
      ),
    }),
    problem(409, getSchemaPath(ProblemResponse), {
      'The entry at `after` has another `id`: the record was replaced.': problemOf(409, new AnotherRecord()),
    }),
  );
}
