import type { IncomingMessage } from 'node:http';

/** The position of a request in a trace that its client has begun (W3C Trace Context). */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the span of the client. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** Version, trace id, parent id and flags. Later versions may add more, this one may not; `ff` is not a version. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const SAMPLED = 1;

/** @returns null without a valid `traceparent` header; two headers arrive as one with a comma, which is not valid */
export function traceParentOf({ headers: { traceparent } }: Pick<IncomingMessage, 'headers'>): TraceParent | null {
  if (typeof traceparent !== 'string') return null;
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(traceparent.trim()) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}
