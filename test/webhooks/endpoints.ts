import { WebhookSecrets } from '../../src/record/webhooks/secrets.js';
import {
  Webhooks,
  type IssuedSecret,
  type NewWebhook,
  type WebhookSummary,
} from '../../src/record/webhooks/webhooks.js';
import { WebhookWorker } from '../../src/record/webhooks/worker.js';
import type { Service } from '../support/service.js';
import { until } from '../support/until.js';
import type { Certificate } from './certificate.js';
import { Receiver } from './receiver.js';

/** An endpoint and its receiver. */
export interface Endpoint extends IssuedSecret {
  readonly receiver: Receiver;
}

/** The endpoints of the tests of a file. */
export class Endpoints {
  private readonly receivers: Receiver[] = [];
  private number = 0;

  constructor(
    private readonly service: Service,
    private readonly certificate: Certificate,
  ) {}

  get webhooks(): Webhooks {
    return new Webhooks(this.service.dataSource, this.service.app.get(WebhookSecrets));
  }

  async receiver(...reply: ConstructorParameters<typeof Receiver> extends [unknown, ...infer Rest] ? Rest : []) {
    const receiver = await new Receiver(this.certificate, ...reply).listen();
    this.receivers.push(receiver);
    return receiver;
  }

  /** Adds an endpoint with a receiver of its own, unless `settings` has another URL. */
  async add(settings: Partial<NewWebhook> = {}, receiver?: Receiver): Promise<Endpoint> {
    const to = receiver ?? (await this.receiver());
    this.number += 1;
    const name = `endpoint-${String(this.number)}`;
    const issued = await this.webhooks.add({ name, url: to.url(), ...settings });
    this.wake();
    return { ...issued, receiver: to };
  }

  /** Lets the service look for work, as it does every few seconds. */
  wake(): void {
    this.service.app.get(WebhookWorker).wake();
  }

  async summaryOf(name: string): Promise<WebhookSummary> {
    const summary = (await this.webhooks.list()).find((each) => each.name === name);
    if (summary === undefined) throw new Error(`There is no webhook ${name}.`);
    return summary;
  }

  /** @returns the endpoint, once it is as `test` says and nobody delivers to it */
  settled(name: string, test: (summary: WebhookSummary) => boolean): Promise<WebhookSummary> {
    return until(async () => {
      const [row] = await this.service.dataSource.query<{ lease: string | null }[]>(
        'SELECT lease FROM webhook WHERE name = $1',
        [name],
      );
      const summary = await this.summaryOf(name);
      return row?.lease === null && test(summary) ? summary : undefined;
    });
  }

  /** Makes the next attempt due, as if its time had come. */
  async due(name: string): Promise<void> {
    await this.service.dataSource.query('UPDATE webhook SET next_attempt_at = now() WHERE name = $1', [name]);
    this.wake();
  }

  async removeAll(): Promise<void> {
    for (const { name } of await this.webhooks.list()) await this.webhooks.remove(name);
    for (const receiver of this.receivers.splice(0)) receiver.close();
  }
}

/** Gives the tests of a file endpoints, which are removed after each test. */
export function useEndpoints(service: Service, certificate: Certificate): Endpoints {
  const endpoints = new Endpoints(service, certificate);
  afterEach(() => endpoints.removeAll());
  return endpoints;
}
