/** Prints a figure that the documents quote. */
export function figure(name: string, value: number): void {
  process.stdout.write(`FIGURE ${name}: ${String(value)}\n`);
}
