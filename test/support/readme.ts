import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

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

/**
 * Runs the commands in one shell.
 * @param secrets text that stands for a key in the page -> the key
 * @returns the output of each
 */
export async function paste(steps: Step[], url: string, secrets: Readonly<Record<string, string>>): Promise<string[]> {
  const script = steps.map(({ command }) => `${command}\nprintf '\\036'`).join('\n');
  const adapted = Object.entries({ 'http://localhost:3000': url, ...secrets }).reduce(
    (text, [placeholder, value]) => text.replaceAll(placeholder, value),
    script,
  );
  const { stdout } = await promisify(execFile)('bash', ['-euc', adapted]);
  return stdout.split('\x1e').slice(0, -1);
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
