/** Share of the keys that is evicted at once, because finding the oldest key of a Map is slow after deletions. */
const EVICTION_SHARE = 1 / 50;

/** Set of keys that expire; evicts the oldest keys when it is full. */
export class ExpiringSet {
  /** Key -> time of expiry on the clock of `performance.now()`. */
  private readonly expiries = new Map<string, number>();

  constructor(private readonly maxKeys: number) {}

  /** @param milliseconds time until the key expires */
  add(key: string, milliseconds: number): void {
    this.expiries.delete(key);
    if (this.expiries.size >= this.maxKeys) {
      const count = Math.max(1, Math.floor(this.maxKeys * EVICTION_SHARE));
      for (const oldest of [...this.expiries.keys()].slice(0, count)) this.expiries.delete(oldest);
    }
    this.expiries.set(key, performance.now() + milliseconds);
  }

  delete(key: string): void {
    this.expiries.delete(key);
  }

  /** @returns milliseconds until the key expires; 0 if it is not in the set */
  left(key: string): number {
    const expiry = this.expiries.get(key);
    if (expiry === undefined) return 0;
    const left = expiry - performance.now();
    if (left > 0) return left;
    this.expiries.delete(key);
    return 0;
  }

  get size(): number {
    return this.expiries.size;
  }
}
