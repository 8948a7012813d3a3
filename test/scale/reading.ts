import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Actor } from '../support/actor.js';
import { API } from '../support/client.js';

/** A list that arrived complete. */
export interface Arrived {
  readonly items: readonly { readonly id: number; readonly date_joined: string }[];
  /** Time from the request to the first byte of the body, in milliseconds. */
  readonly firstByte: number;
}

/** Reads a list as fast as it arrives. @throws Error the JSON is invalid or truncated */
export async function readWhole(url: string, actor: Actor, path: string): Promise<Arrived> {
  const started = performance.now();
  const response = await open(url, actor, path);
  let firstByte = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    firstByte ||= performance.now() - started;
    chunks.push(chunk as Buffer);
  }
  return { items: JSON.parse(Buffer.concat(chunks).toString()) as Arrived['items'], firstByte };
}

/** @returns a response that is not read until the caller reads it */
export async function open(url: string, { token }: Actor, path: string): Promise<IncomingMessage> {
  const request = get(url + API + path, { agent: false, headers: { authorization: `Token ${token}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  return response;
}
