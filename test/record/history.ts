/** A change, as a history shows it. */
export interface Change {
  readonly position: number;
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly membership: number | null;
  readonly medic: number | null;
  readonly hospital: number | null;
  readonly before: object | null;
  readonly after: object | null;
  readonly actor: object;
}

/** A page of a history. */
export interface Page {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: Change[];
}
