import { traceParentOf } from '../../src/observability/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('traceparent', () => {
  test.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-fe`, false],
    [` 00-${TRACE}-${SPAN}-01 `, true],
    [`01-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, true],
  ])('the traceparent %s is valid', (traceparent, isSampled) => {
    expect(traceParentOf({ headers: { traceparent } })).toEqual({ traceId: TRACE, spanId: SPAN, isSampled });
  });

  test.each([
    [undefined],
    [''],
    ['x'],
    [`ff-${TRACE}-${SPAN}-01`],
    [`00-${'0'.repeat(32)}-${SPAN}-01`],
    [`00-${TRACE}-${'0'.repeat(16)}-01`],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`],
    [`00-${TRACE}-${SPAN}-01-more`],
    [`00-${TRACE}-${SPAN}-01-`],
    [`cc-${TRACE}-${SPAN}-01.more`],
    [`00-${TRACE}-${SPAN}`],
    [`0-${TRACE}-${SPAN}-01`],
    [`00-${TRACE.slice(1)}-${SPAN}-01`],
    [`00-${TRACE}-${SPAN}-0g`],
    [`00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('the traceparent %s is ignored', (traceparent) => {
    expect(traceParentOf({ headers: traceparent === undefined ? {} : { traceparent } })).toBeNull();
  });
});
