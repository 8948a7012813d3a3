import { UNLIMITED } from '../../src/memberships/limits.js';
import {
  ActiveHospitalAlreadyChosen,
  LastAdminOfHospital,
  MembershipIsDeleted,
} from '../../src/memberships/membership.errors.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import {
  firstState,
  nextState,
  NO_OTHERS,
  type MembershipChange,
  type MembershipState,
  type OtherMemberships,
  type StoredMembership,
} from '../../src/memberships/membership.js';

const { ADMIN, MEMBER } = MembershipType;
/** No decision about memberships without limits depends on it. */
const NOW = '2026-11-28T01:12:12.017392Z';
const BOTH = [true, false];
const OPTIONAL = [undefined, true, false];

/** Everything that a decision depends on. */
interface Case extends OtherMemberships {
  readonly current: StoredMembership;
  readonly change: MembershipChange;
  readonly mayChoose: boolean;
}

/** Every state, every change of it, everything around it: an active membership elsewhere is a live one. */
const CASES: readonly Case[] = [ADMIN, MEMBER].flatMap((type) =>
  BOTH.flatMap((isActive) =>
    BOTH.flatMap((isDeleted) =>
      [undefined, ADMIN, MEMBER].flatMap((newType) =>
        OPTIONAL.flatMap((newActive) =>
          OPTIONAL.flatMap((newDeleted) =>
            [
              [false, false],
              [true, false],
              [true, true],
            ].flatMap(([otherLive = false, otherActive = false]) =>
              BOTH.flatMap((otherAdmin) =>
                BOTH.map((mayChoose) => ({
                  current: { id: 7, type, isActive, isDeleted, ...UNLIMITED },
                  change: { type: newType, isActive: newActive, isDeleted: newDeleted },
                  ...{
                    ...NO_OTHERS,
                    otherLive,
                    otherActive,
                    otherFlagged: otherActive,
                    otherAdmin,
                    now: NOW,
                    mayChoose,
                  },
                })),
              ),
            ),
          ),
        ),
      ),
    ),
  ),
);

type Outcome =
  | Partial<MembershipState>
  | typeof MembershipIsDeleted
  | typeof LastAdminOfHospital
  | typeof ActiveHospitalAlreadyChosen;

/** The first row that applies decides; the rules of section 3 of the contract, in their order. */
const ROWS: readonly [rule: string, applies: (c: Case) => boolean, outcome: (c: Case) => Outcome][] = [
  [
    'a deleted membership that is sent what it has stays as it is',
    (c) => staysDeleted(c) && !changes(c),
    (c) => c.current,
  ],
  ['a deleted membership must be restored before it changes', (c) => staysDeleted(c), () => MembershipIsDeleted],
  ['rule 2: the last ADMIN who can act stays', (c) => endsAdmin(c) && !c.otherAdmin, () => LastAdminOfHospital],
  [
    'rule 3: the only live membership of a medic is active once it is restored',
    (c) => isRestored(c) && !c.otherLive,
    () => ({ isActive: true }),
  ],
  [
    'rule 4: restoring as active needs the right to choose if another is active',
    (c) => isRestored(c) && c.change.isActive === true && c.otherActive && !c.mayChoose,
    () => ActiveHospitalAlreadyChosen,
  ],
  [
    'restoring as active makes it the active one',
    (c) => isRestored(c) && c.change.isActive === true,
    () => ({ isActive: true }),
  ],
  [
    'restoring as inactive leaves it inactive',
    (c) => isRestored(c) && c.change.isActive === false,
    () => ({ isActive: false }),
  ],
  [
    'rule 3: a restored membership stays active only if no other is active',
    (c) => isRestored(c),
    (c) => ({ isActive: c.current.isActive && !c.otherActive }),
  ],
  [
    'rule 3: a change that does not mention the flag keeps it, and deleting keeps it too',
    (c) => !changesChoice(c),
    (c) => ({ isActive: c.current.isActive }),
  ],
  [
    'rule 4: clearing the choice needs the right to choose',
    (c) => c.current.isActive && !c.mayChoose,
    () => ActiveHospitalAlreadyChosen,
  ],
  [
    'rule 4: replacing the choice needs the right to choose',
    (c) => !c.current.isActive && c.otherActive && !c.mayChoose,
    () => ActiveHospitalAlreadyChosen,
  ],
  ['a choice that is allowed is made', () => true, (c) => ({ isActive: c.change.isActive === true })],
];

const deletedAfter = ({ current, change }: Case) => change.isDeleted ?? current.isDeleted;
const typeAfter = ({ current, change }: Case) => change.type ?? current.type;
const staysDeleted = (c: Case) => c.current.isDeleted && deletedAfter(c);
const isRestored = (c: Case) => c.current.isDeleted && !deletedAfter(c);
const changesChoice = ({ current, change }: Case) =>
  change.isActive !== undefined && change.isActive !== current.isActive;
const changes = (c: Case) => typeAfter(c) !== c.current.type || changesChoice(c);
const endsAdmin = (c: Case) =>
  c.current.type === ADMIN && !c.current.isDeleted && (typeAfter(c) !== ADMIN || deletedAfter(c));

const rowOf = (c: Case) => ROWS.find(([, applies]) => applies(c));

describe('nextState: state × change × surroundings', () => {
  test.each(ROWS.map(([rule]) => rule))('%s', (rule) => {
    const cases = CASES.filter((c) => rowOf(c)?.[0] === rule);
    expect(cases.length).toBeGreaterThan(0);
    const outcome = ROWS.find(([name]) => name === rule)?.[2];
    for (const c of cases) {
      const decide = () => nextState(c.current, c.change, c, c.mayChoose);
      const expected = outcome?.(c) ?? {};
      if (typeof expected === 'function') expect(decide).toThrow(expected);
      else expect(decide()).toEqual({ type: typeAfter(c), isDeleted: deletedAfter(c), ...UNLIMITED, ...expected });
    }
  });

  test('every combination is covered by a row', () => {
    expect(CASES).toHaveLength(2 * 2 * 2 * 3 * 3 * 3 * 3 * 2 * 2);
    expect(CASES.filter((c) => rowOf(c) === undefined)).toEqual([]);
  });
});

describe('firstState: a new membership', () => {
  const NONE: OtherMemberships = { ...NO_OTHERS, otherAdmin: true, now: NOW };
  const LIVE = { ...NONE, otherLive: true };
  const ACTIVE = { ...LIVE, otherActive: true, otherFlagged: true };

  test.each([
    ['rule 3: the first live membership is active, whatever was sent', NONE, undefined, false, true],
    ['rule 3: the first live membership is active, even if false was sent', NONE, false, false, true],
    ['rule 3: the first live membership is active, if true was sent', NONE, true, false, true],
    ['a further membership is inactive unless it is chosen', LIVE, undefined, false, false],
    ['a further membership is inactive if false was sent', LIVE, false, false, false],
    ['anyone chooses for a medic without an active hospital', LIVE, true, false, true],
    ['a further membership leaves the choice as it is', ACTIVE, undefined, true, false],
    ['false leaves the choice as it is', ACTIVE, false, false, false],
    ['rule 4: the medic or its creator replaces the choice', ACTIVE, true, true, true],
    ['rule 4: nobody else replaces the choice', ACTIVE, true, false, ActiveHospitalAlreadyChosen],
  ])('%s', (_, others, isActive, mayChoose, expected) => {
    for (const type of [ADMIN, MEMBER]) {
      const decide = () => firstState({ type, isActive }, others, mayChoose);
      if (typeof expected === 'function') expect(decide).toThrow(expected);
      else expect(decide()).toEqual({ type, isActive: expected, isDeleted: false, ...UNLIMITED });
    }
  });
});
