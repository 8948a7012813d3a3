/** The share of the keys that is dropped at once when there is no room: one by one, a Map finds its oldest slowly. */
const EVICTED = 1 / 50;

/** Keys that belong to it for a time each; the oldest give way when there are too many. */
export class ExpiringSet {
  /** Key -> when it leaves, in milliseconds of `performance.now()`. */
  private readonly ends = new Map<string, number>();

  /** @param most how many keys it holds */
  constructor(private readonly most: number) {}

  /** @param milliseconds how long the key belongs to it from now on */
  add(key: string, milliseconds: number): void {
    this.ends.delete(key);
    if (this.ends.size >= this.most) {
      const count = Math.max(1, Math.floor(this.most * EVICTED));
      for (const oldest of [...this.ends.keys()].slice(0, count)) this.ends.delete(oldest);
    }
    this.ends.set(key, performance.now() + milliseconds);
  }

  delete(key: string): void {
    this.ends.delete(key);
  }

  /** @returns for how many milliseconds the key still belongs to it; 0 if it does not */
  left(key: string): number {
    const end = this.ends.get(key);
    if (end === undefined) return 0;
    const left = end - performance.now();
    if (left > 0) return left;
    this.ends.delete(key);
    return 0;
  }

  get size(): number {
    return this.ends.size;
  }
}
