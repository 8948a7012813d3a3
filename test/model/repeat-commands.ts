import fc from 'fast-check';
import { command, pick, type Sent } from './command.js';
import * as answers from './expected.js';
import type { Model } from './model.js';

/** Sends a creation again, or another request with its key, whatever has happened since then. */
const repeat = command(
  'repeat a creation',
  8,
  fc.record({ stored: pick, isOther: fc.nat(3).map((n) => n === 0) }),
  (model, { stored: n, isOther }): Sent => {
    const stored = model.stored[n % Math.max(model.stored.length, 1)];
    if (stored === undefined) return listOwn(model);
    const { sent, status, text } = stored;
    const expect = () => {
      sent.requireRight?.();
      if (isOther) throw answers.keyReused();
      return { status, body: () => JSON.parse(text) as unknown, isReplayed: true };
    };
    // An unknown parameter changes nothing but the identity of the request.
    return { ...sent, ...(isOther && { query: { other: 1 } }), expect, repeats: stored };
  },
);

/** Before the first creation with a key there is nothing to repeat. */
function listOwn(model: Model): Sent {
  const [by] = model.medics;
  if (by === undefined) throw new Error('The model starts with medics.');
  return {
    by,
    method: 'POST',
    path: '/hospital/',
    body: {},
    expect: () => {
      throw answers.invalid('name', 'patron', 'location', 'contact');
    },
  };
}

export const repeatCommands = [repeat];
