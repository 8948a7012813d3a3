/** The contract's response to a request. */
export interface Expected {
  readonly status: number;
  /** The body, called once the ids of created rows are known. */
  readonly body: () => unknown;
  /** The URLs of the `Link` header, by relation. */
  readonly links?: Readonly<Record<string, Link>>;
  /** Whether it is the stored response to an earlier request. */
  readonly isReplayed?: boolean;
}

/** A URL, whatever the order of its parameters. */
export interface Link {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A request that the contract refuses; it changes nothing. */
export class Refused extends Error {
  constructor(readonly expected: Expected) {
    super(`refused with ${String(expected.status)}`);
  }
}

const sentence = expect.any(String) as unknown;

function refused(status: number, message: unknown, details: object = {}): Refused {
  return new Refused({ status, body: () => ({ message, ...details }) });
}

export const invalidToken = () => refused(401, 'Invalid Token');
export const unauthorizedMedic = () => refused(401, 'Unauthorized Medic');
export const notFound = (message = 'Not found') => refused(404, message);

/** @returns a 400 that names exactly these fields */
export const invalid = (...fields: string[]) =>
  refused(400, sentence, { errors: Object.fromEntries(fields.map((field) => [field, [sentence]])) });

export const keyReused = () => refused(422, expect.stringMatching(/was used for another request/));

export const cannotAssign = (hospital: number) =>
  refused(400, `You do not have sufficient permissions to assign this hospital: ${String(hospital)}`, {
    errors: { hospital: [sentence] },
  });

export const alreadyExists = (membership: number) =>
  refused(409, 'Membership already exists please edit instead of trying to create it again.', { membership });

const conflict = (message: RegExp) => refused(409, expect.stringMatching(message));
export const lastAdmin = () => conflict(/appoint another ADMIN first/);
export const choiceOfAnother = () => conflict(/active hospital/);
export const notInForce = () => conflict(/not in force now/);
export const isDeletedNow = () => conflict(/deleted.*restore it first/);

export const answered = (status: number, body: () => unknown): Expected => ({ status, body });
