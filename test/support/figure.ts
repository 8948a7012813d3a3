/** Prints a figure that `docs/reliability.md` quotes. */
export function figure(name: string, value: number): void {
  process.stdout.write(`FIGURE ${name}: ${String(value)}\n`);
}
