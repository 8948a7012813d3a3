import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { until } from './until.js';

/** A command of the README or another page, with the output shown below it, if any. */
export interface Step {
  readonly command: string;
  readonly answer: string | undefined;
}

/** @returns the commands of a page for one shell, in order */
export function stepsOf(path: string): Step[] {
  const blocks = /^```sh\n(.*?)\n```\n(?:\n```(?:json|text)\n(.*?)\n```\n)?/gms;
  return [...readFileSync(path, 'utf8').matchAll(blocks)].map(([, command = '', answer]) => ({ command, answer }));
}

/** How {@link paste} runs the commands. */
export interface PasteOptions {
  /** Variables of the shell, in addition to those of this process. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Runs one command by calling `run`; by default it does only that. */
  readonly around?: (command: string, run: () => Promise<string>) => Promise<string>;
}

/** Ends the output of a command. */
const END = '\x1e';

/**
 * Runs the commands in one shell, which ends at the first that fails.
 * @param secrets text that stands for a key in the page -> the key
 * @returns the output of each
 */
export async function paste(
  steps: Step[],
  url: string,
  secrets: Readonly<Record<string, string>>,
  { variables = {}, around = (_, run) => run() }: PasteOptions = {},
): Promise<string[]> {
  const adapt = (command: string) =>
    Object.entries({ 'http://localhost:3000': url, ...secrets }).reduce(
      (text, [placeholder, value]) => text.replaceAll(placeholder, value),
      command,
    );
  const shell = spawn('bash', ['-eu'], {
    env: { ...process.env, ...variables },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.on('data', (part: Buffer) => (output += part.toString()));
  let code: number | undefined;
  shell.on('close', (ended) => (code = ended ?? -1));
  const printed: string[] = [];
  for (const { command } of steps) {
    const run = async () => {
      output = '';
      // Commands must not read the script itself.
      shell.stdin.write(`{\n${adapt(command)}\n} < /dev/null\nprintf '\\036'\n`);
      await until(() => output.endsWith(END) || code !== undefined);
      if (code !== undefined) throw new Error(`${command}\nended with ${String(code)}: ${output}`);
      return output.slice(0, -1);
    };
    printed.push(await around(command, run));
  }
  shell.stdin.end();
  return printed;
}

/** @returns a response without its varying parts: timestamps, ids of entries, keys and the port */
export function withoutChance(answer: string): string {
  return answer
    .trim()
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replace(/"iat":\d+/g, '"iat":<seconds>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/hmk_\w+/g, '<key>')
    .replace(/http:\/\/[\w.]+:\d+/g, '<url>');
}
