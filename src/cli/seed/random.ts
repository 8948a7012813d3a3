/** Reproducible random numbers (the mulberry32 generator). */
export class Random {
  constructor(private state: number) {}

  /** @returns a number from 0 up to, but not including, 1 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** @returns a whole number from 0 up to, but not including, `end` */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick(items: readonly string[]): string {
    return items[this.below(items.length)] ?? '';
  }
}
