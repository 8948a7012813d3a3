import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Environment } from '../config/environment.js';
import { VERSION } from '../config/version.js';
import { databaseFailureOf } from '../database/database-errors.js';
import { observeStatements } from '../database/statement-observer.js';
import { responses } from './events.js';
import { traceParentOf } from './trace-context.js';

/** Spans that wait to be sent at most; more are dropped. */
const MAX_WAITING = 4096;
const BATCH = 512;
const DELAY_MS = 1000;
const EXPORT_TIMEOUT_MS = 5000;
/** How long the end of the process waits for the last spans, in milliseconds. */
const CLOSE_MS = 2000;
/** Longest text of a statement that a span contains, in characters. */
const MAX_TEXT = 2000;

/**
 * OpenTelemetry traces: one span per request, and below it one per statement. Spans contain neither paths, parameters
 * of statements nor anything else of a client, apart from the id of the request.
 */
export class Traces {
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;
  private readonly spans = new WeakMap<IncomingMessage, Span>();
  private readonly active = new AsyncLocalStorage<Context>();
  private readonly stops: readonly (() => void)[];

  /** @param endpoint the setting `OTEL_EXPORTER_OTLP_ENDPOINT`, to which `/v1/traces` is added */
  constructor(endpoint: string, environment: Environment, logger: Logger) {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
      timeoutMillis: EXPORT_TIMEOUT_MS,
    });
    const name = { 'service.name': environment.OTEL_SERVICE_NAME, 'service.version': VERSION };
    this.provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes(name)),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(environment.OTEL_TRACES_SAMPLER_ARG) }),
      spanLimits: { attributeValueLengthLimit: MAX_TEXT },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: reporting(exporter, logger),
          maxQueueSize: MAX_WAITING,
          maxExportBatchSize: BATCH,
          scheduledDelayMillis: DELAY_MS,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        }),
      ],
    });
    this.tracer = this.provider.getTracer('hospital-memberships', VERSION);
    this.stops = [
      observeStatements((text) => this.beginStatement(text)),
      responses.listen(({ request, reply, route }) => {
        this.end(request.raw, { method: request.method, route, status: reply.statusCode, id: request.id });
      }),
    ];
  }

  /** Begins the span of a request. @returns the id of its trace */
  begin(request: IncomingMessage): string {
    const span = this.tracer.startSpan(request.method ?? '', { kind: SpanKind.SERVER }, parentOf(request));
    this.spans.set(request, span);
    return span.spanContext().traceId;
  }

  /** Makes the span of a request the parent of all that the request causes. Call it before other hooks are added. */
  register(fastify: FastifyInstance): void {
    const enter = ({ raw }: FastifyRequest, done: () => void) => {
      const span = this.spans.get(raw);
      if (span === undefined) done();
      else this.active.run(trace.setSpan(ROOT_CONTEXT, span), done);
    };
    fastify.addHook('onRequest', (request, _, done) => {
      enter(request, done);
    });
    // Again after the body, which arrives in the context of its connection.
    fastify.addHook('preValidation', (request, _, done) => {
      enter(request, done);
    });
    fastify.addHook('onClose', () => this.close());
  }

  /** Sends the last spans, if their receiver responds in time. */
  private async close(): Promise<void> {
    for (const stop of this.stops) stop();
    const ended = this.provider.shutdown().catch(() => undefined);
    await Promise.race([ended, sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private end(
    raw: IncomingMessage,
    response: { method: string; route: string | undefined; status: number; id: string },
  ) {
    const span = this.spans.get(raw);
    if (span === undefined) return;
    const { method, route, status, id } = response;
    span.updateName(route === undefined ? method : `${method} ${route}`);
    span.setAttributes({
      'http.request.method': method,
      ...(route === undefined ? {} : { 'http.route': route }),
      'http.response.status_code': status,
      'hospital_memberships.request_id': id,
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  /** Statements outside requests have no span. */
  private beginStatement(text: string): ((error?: unknown) => void) | undefined {
    const parent = this.active.getStore();
    if (parent === undefined) return undefined;
    const [operation = 'statement'] = /[a-z]+/i.exec(text) ?? [];
    const attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': operation.toUpperCase(),
      'db.query.text': text,
    };
    const span = this.tracer.startSpan(operation.toUpperCase(), { kind: SpanKind.CLIENT, attributes }, parent);
    return (error) => {
      if (error !== undefined) {
        // The message may quote a value.
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute('db.response.status_code', databaseFailureOf(error).code ?? 'unknown');
      }
      span.end();
    };
  }
}

function parentOf(request: IncomingMessage): Context {
  const parent = traceParentOf(request);
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = parent;
  const state = request.headers['tracestate'];
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(typeof state === 'string' ? { traceState: createTraceState(state) } : {}),
  });
}

/** @returns the exporter, which also logs once when it cannot deliver, and once when it can again */
function reporting(exporter: SpanExporter, logger: Logger): SpanExporter {
  let hasFailed = false;
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        const fails = result.error !== undefined;
        if (fails && !hasFailed) {
          const { code } = Object(result.error) as { code?: string | number };
          logger.warn({ code }, 'Traces cannot be delivered to OTEL_EXPORTER_OTLP_ENDPOINT; they are dropped.');
        }
        if (!fails && hasFailed) logger.warn('Traces are delivered again.');
        hasFailed = fails;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
