import type { FastifyRequest } from 'fastify';
import { currentMedicOf } from '../auth/current-medic.decorator.js';
import { CALLER, PrefetchableRow, SUBJECT } from '../auth/prefetch.js';
import type { Statements } from '../database/statements.js';
import { readId, UNREADABLE } from '../http/input/coercion.js';
import { idInPathOrNull } from '../http/input/path-id.js';
import type { HospitalFacts } from './permission.js';
import type { MedicAccount, SeenMembership } from './policy.js';
import { live, rightAt, SHOWS_HOSPITAL } from './rights.sql.js';

/** Declares a {@link Target}. */
interface TargetOptions<Facts> {
  /** The id of the subject in a request, or null if the request names none that can exist. */
  readonly idOf: (request: FastifyRequest) => number | null;
  /** Whether the id is a field of the body: a missing or malformed one is a 400 for that field, not a 404. */
  readonly isField?: boolean;
  /** A SELECT of the facts, for {@link CALLER} and {@link SUBJECT}. */
  readonly sql: string;
  /** A column that is null only if there is no row. */
  readonly notNull: keyof Facts & string;
  /** The facts if there is no row; null if the caller may then not know about the subject. */
  readonly ifNone?: Facts | null;
}

/** The subject of a request: its place in the request, and the facts that a rule needs about it. */
export class Target<Facts extends object> extends PrefetchableRow<Facts> {
  readonly idOf: (request: FastifyRequest) => number | null;
  readonly isField: boolean;
  private readonly ifNone: Facts | null;

  constructor({ idOf, isField = false, sql, notNull, ifNone = null }: TargetOptions<Facts>) {
    super(sql, notNull);
    this.idOf = idOf;
    this.isField = isField;
    this.ifNone = ifNone;
  }

  /**
   * @param reads runs the statement if the facts were not prefetched
   * @returns the facts, or null if the caller may not know about the subject
   */
  async factsOf(reads: Statements, request: FastifyRequest): Promise<Facts | null> {
    const facts = await this.find(reads, currentMedicOf(request), this.idOf(request));
    return facts ?? this.ifNone;
  }
}

/** A hospital that does not exist is one at which the caller has no right. */
const rightAtHospital = {
  sql: `SELECT ${rightAt(CALLER, SUBJECT)} AS "right"`,
  notNull: 'right',
  ifNone: { right: null },
} as const;

/** The targets that `@Require` accepts. */
export const target = {
  hospitalInPath: new Target<HospitalFacts>({ ...rightAtHospital, idOf: idInPathOrNull }),

  hospitalInBody: new Target<HospitalFacts>({
    ...rightAtHospital,
    idOf: ({ body }) => {
      const id = readId((Object(body) as { hospital?: unknown }).hospital);
      return id === UNREADABLE ? null : id;
    },
    isField: true,
  }),

  /** A hospital that is a 404, not a 401, for callers who do not see it. */
  visibleHospitalInPath: new Target<HospitalFacts>({
    idOf: idInPathOrNull,
    sql: `SELECT s.type AS "right" FROM membership s JOIN hospital h ON h.id = s.hospital_id
      WHERE s.medic_id = ${CALLER} AND s.hospital_id = ${SUBJECT} AND ${live('s')} AND ${SHOWS_HOSPITAL}`,
    notNull: 'right',
  }),

  membershipInPath: new Target<SeenMembership>({
    idOf: idInPathOrNull,
    sql: `SELECT s.medic_id AS "medicId", ${live('s')} AS "isLive", ${rightAt(CALLER, 's.hospital_id')} AS "right"
      FROM membership s WHERE s.id = ${SUBJECT}`,
    notNull: 'medicId',
  }),

  medicInPath: new Target<MedicAccount>({
    idOf: idInPathOrNull,
    sql: `SELECT o.id AS "medicId", o.created_by_id AS "creatorId" FROM medic o WHERE o.id = ${SUBJECT}`,
    notNull: 'medicId',
  }),
};
