import fc from 'fast-check';
import { bulkCommands } from './bulk-commands.js';
import type { Command } from './command.js';
import { medicCommands } from './medic-commands.js';
import { membershipCommands } from './membership-commands.js';
import { readCommands } from './read-commands.js';
import { repeatCommands } from './repeat-commands.js';

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  ...medicCommands,
  ...membershipCommands,
  ...bulkCommands,
  ...repeatCommands,
  ...readCommands,
);

/**
 * @param length number of commands, which only shrinking reduces
 * @param drawn one of the commands
 * @returns sequences of exactly that many commands
 */
export function sequencesOf(length: number, drawn = anyCommand): fc.Arbitrary<Command[]> {
  return new Shrinkable(
    fc.array(drawn, { minLength: length, maxLength: length }),
    fc.array(drawn, { maxLength: length, size: 'max' }),
  );
}

/** Draws from one arbitrary, and shrinks with another one of the same type. */
class Shrinkable<T> extends fc.Arbitrary<T> {
  constructor(
    private readonly drawn: fc.Arbitrary<T>,
    private readonly shrunk: fc.Arbitrary<T>,
  ) {
    super();
  }

  /** Omits the bias to small and equal values, which would make most commands of a sequence the same. */
  generate(random: fc.Random): fc.Value<T> {
    return this.drawn.generate(random, undefined);
  }

  canShrinkWithoutContext(value: unknown): value is T {
    return this.shrunk.canShrinkWithoutContext(value);
  }

  shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    return this.shrunk.shrink(value, context);
  }
}
