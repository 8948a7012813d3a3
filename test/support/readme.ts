import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A command of the README, with the output shown below it, if any. */
export interface Step {
  readonly command: string;
  readonly answer: string | undefined;
}

/** @returns the README's commands for one shell, in order */
export function stepsOf(path: string): Step[] {
  const blocks = /^```sh\n(.*?)\n```\n(?:\n```json\n(.*?)\n```\n)?/gms;
  return [...readFileSync(path, 'utf8').matchAll(blocks)].map(([, command = '', answer]) => ({ command, answer }));
}

/** The keys that the first start prints. */
export interface Keys {
  readonly medic: string;
  readonly service: string;
}

/** Runs the commands in one shell. @returns the output of each */
export async function paste(steps: Step[], url: string, keys: Keys): Promise<string[]> {
  const script = steps.map(({ command }) => `${command}\nprintf '\\036'`).join('\n');
  const adapted = script
    .replaceAll('http://localhost:3000', url)
    .replace(/hmk_the_token_\w+/, keys.medic)
    .replace(/hms_the_key_\w+/, keys.service);
  const { stdout } = await promisify(execFile)('bash', ['-euc', adapted]);
  return stdout.split('\x1e').slice(0, -1);
}

/** @returns a response without its varying parts: timestamps, keys and the port */
export function withoutChance(answer: string): string {
  return answer
    .trim()
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replace(/"iat":\d+/g, '"iat":<seconds>')
    .replace(/hmk_\w+/g, '<key>')
    .replace(/http:\/\/[\w.]+:\d+/g, '<url>');
}
