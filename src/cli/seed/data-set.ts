import { FAMILY_NAMES, GIVEN_NAMES, HOSPITAL_KINDS, PLACES } from './names.js';
import { Random } from './random.js';
import { OperatorError } from '../../common/errors.js';

/** Size of a data set. */
export interface SeedSize {
  readonly hospitals: number;
  readonly medics: number;
  readonly memberships: number;
  /** The same seed creates the same data. */
  readonly seed: number;
}

/** Upper bound of the hospitals of one medic. */
const MAX_PER_MEDIC = 8;
/** One hospital in `LARGE_EVERY` is large, with `LARGE_SIZE` medics on average. */
const LARGE_EVERY = 2000;
const LARGE_SIZE = 12_000;

/** The requested numbers contradict each other. */
export class ImpossibleSeed extends OperatorError {}

/** @throws ImpossibleSeed the memberships do not fit between the medics and the hospitals */
export function requirePossible({ hospitals, medics, memberships }: SeedSize): void {
  const most = medics * Math.min(MAX_PER_MEDIC, hospitals);
  if (memberships >= medics && memberships <= most) return;
  throw new ImpossibleSeed(
    `--memberships must be from ${String(medics)} to ${String(most)} for ${String(medics)} medics, who belong to 1 to ${String(MAX_PER_MEDIC)} hospitals each.`,
  );
}

/** Yields rows of `hospital` without their ids. */
export function* hospitalRows({ hospitals, seed }: SeedSize): Generator<unknown[]> {
  const random = new Random(seed);
  for (let number = 1; number <= hospitals; number += 1) {
    const name = `${random.pick(HOSPITAL_KINDS)} ${String(number)}`;
    yield [name, name.toUpperCase(), random.pick(PLACES), `+52 81 ${String(10_000_000 + random.below(89_999_999))}`];
  }
}

/**
 * Yields rows of `medic` without their ids.
 * @param firstId makes the emails unique
 */
export function* medicRows({ medics, seed }: SeedSize, firstId: number): Generator<unknown[]> {
  const random = new Random(seed + 1);
  for (let id = firstId; id < firstId + medics; id += 1) {
    const name = `${random.pick(GIVEN_NAMES)} ${random.pick(FAMILY_NAMES)} ${random.pick(FAMILY_NAMES)}`;
    const email = `medic.${String(id)}@seed.example.org`;
    yield [name, email, email];
  }
}

/**
 * Yields memberships. Most hospitals get about the same small number, a few get over ten thousand. Each medic belongs
 * to 1 to 8 hospitals, and each hospital with a medic has an ADMIN.
 * @returns rows of medic, hospital (both counted from 0), type, is_active and days since joining
 */
export function* membershipRows(size: SeedSize): Generator<[number, number, 'ADMIN' | 'MEMBER', boolean, number]> {
  const random = new Random(size.seed + 2);
  const degrees = degreesOf(size, random);
  const hospitalOf = weightedHospitals(size, random);
  const hasAdmin = new Uint8Array(size.hospitals);
  for (let medic = 0; medic < size.medics; medic += 1) {
    const chosen = new Set<number>();
    while (chosen.size < (degrees[medic] ?? 0)) {
      const hospital = hospitalOf();
      // Terminates, because a medic belongs to no more hospitals than there are.
      let free = hospital;
      while (chosen.has(free)) free = (free + 1) % size.hospitals;
      const isAdmin = hasAdmin[free] === 0 || random.below(50) === 0;
      hasAdmin[free] = 1;
      yield [medic, free, isAdmin ? 'ADMIN' : 'MEMBER', chosen.size === 0, random.below(3650)];
      chosen.add(free);
    }
  }
}

function degreesOf({ hospitals, medics, memberships }: SeedSize, random: Random): Uint8Array {
  const most = Math.min(MAX_PER_MEDIC, hospitals);
  const degrees = new Uint8Array(medics).fill(1);
  for (let left = memberships - medics; left > 0;) {
    const medic = random.below(medics);
    if ((degrees[medic] ?? most) < most) {
      degrees[medic] = (degrees[medic] ?? 0) + 1;
      left -= 1;
    }
  }
  return degrees;
}

/** @returns a function that draws a hospital; the first ones are large */
function weightedHospitals({ hospitals, memberships }: SeedSize, random: Random): () => number {
  const large = Math.min(Math.ceil(hospitals / LARGE_EVERY), hospitals - 1);
  const share = Math.min((large * LARGE_SIZE) / memberships, 0.5);
  return () => (random.next() < share ? random.below(large) : large + random.below(hospitals - large));
}
