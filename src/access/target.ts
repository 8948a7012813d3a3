import type { FastifyRequest } from 'fastify';
import type { CallerLookup } from '../auth/authenticated.decorator.js';
import { foundFor } from '../auth/current-medic.decorator.js';
import { readId, UNREADABLE } from '../http/input/coercion.js';
import { idInPathOrNull } from '../http/input/path-id.js';
import type { HospitalFacts } from './permission.js';
import type { GuardedMembership, MedicAccount } from './policy.js';
import { live, rightAt, SHOWS_HOSPITAL } from './rights.sql.js';

/** The subject of a request: its place in the request, and the data that a rule needs about it. */
export interface Target<Facts> extends CallerLookup {
  /** @returns the facts that the lookup found, or null if the caller may not know about the target */
  readonly factsOf: (request: FastifyRequest) => Facts | null;
  /** Whether the id is a field of the body: a missing or malformed one is a 400 for that field, not a 404. */
  readonly isField: boolean;
}

const RIGHT = `SELECT ${rightAt('caller.id', '$2::integer')} AS "right"`;

/** A hospital that does not exist is one in which the caller has no right. */
const hospitalFacts = (request: FastifyRequest): HospitalFacts => ({ right: foundFor<HospitalFacts>(request).right });

/** The targets that `@Require` accepts. */
export const target = {
  hospitalInPath: { sql: RIGHT, idOf: idInPathOrNull, factsOf: hospitalFacts, isField: false },

  hospitalInBody: {
    sql: RIGHT,
    idOf: ({ body }) => {
      const id = readId((Object(body) as { hospital?: unknown }).hospital);
      return id === UNREADABLE ? null : id;
    },
    factsOf: hospitalFacts,
    isField: true,
  },

  /** A hospital that is hidden from all who do not see it: a 404 and not a 401. */
  visibleHospitalInPath: {
    sql: `SELECT s.type AS "right" FROM membership s JOIN hospital h ON h.id = s.hospital_id
  WHERE s.medic_id = caller.id AND s.hospital_id = $2 AND ${live('s')} AND ${SHOWS_HOSPITAL}`,
    idOf: idInPathOrNull,
    factsOf: (request) => {
      const { right } = foundFor<HospitalFacts>(request);
      return right === null ? null : { right };
    },
    isField: false,
  },

  membershipInPath: {
    sql: `SELECT s.medic_id AS "medicId", ${rightAt('caller.id', 's.hospital_id')} AS "right"
  FROM membership s WHERE s.id = $2`,
    idOf: idInPathOrNull,
    factsOf: (request) => {
      const { medicId, right } = foundFor<GuardedMembership>(request);
      return medicId === null ? null : { medicId, right };
    },
    isField: false,
  },

  medicInPath: {
    sql: 'SELECT o.id AS "medicId", o.created_by_id AS "creatorId" FROM medic o WHERE o.id = $2',
    idOf: idInPathOrNull,
    factsOf: (request) => {
      const { medicId, creatorId } = foundFor<MedicAccount>(request);
      return medicId === null ? null : { medicId, creatorId };
    },
    isField: false,
  },
} satisfies Record<string, Target<HospitalFacts | GuardedMembership | MedicAccount>>;
