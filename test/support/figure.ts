/** Prints a figure of `docs/reliability.md`. */
export function figure(name: string, value: number): void {
  process.stdout.write(`FIGURE ${name}: ${String(value)}\n`);
}
