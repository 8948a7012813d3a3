import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { SCOPE_NAMES, type Scope } from '../../src/auth/scope.js';
import type { CheckedResponse } from './checked-response.js';
import type { RequestOptions } from './client.js';
import type { Service } from './service.js';

let number = 0;

/** A service account with a real key, which calls the service over HTTP. */
export class ServiceActor {
  constructor(
    readonly id: number,
    readonly name: string,
    readonly key: string,
    private readonly service: Service,
  ) {}

  /** @param path from the root, such as `/events` */
  send(method: string, path: string, options: RequestOptions = {}): Promise<CheckedResponse> {
    const headers = { authorization: `Bearer ${this.key}`, ...options.headers };
    return this.service.client.send(method, `/${path}`, { ...options, headers });
  }

  get(path: string, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('GET', path, options);
  }

  /** Asks whose key it is. */
  introspect(token: string, options: RequestOptions = {}): Promise<CheckedResponse> {
    return this.send('POST', '/oauth2/introspect', { body: new URLSearchParams({ token }), ...options });
  }
}

/** @returns a new service account, by default with every scope */
export async function givenService(service: Service, ...scopes: Scope[]): Promise<ServiceActor> {
  number += 1;
  const accounts = new ServiceAccounts(service.dataSource);
  const name = `service-${String(number)}`;
  const { id, key } = await accounts.create({ name, scopes: scopes.length === 0 ? SCOPE_NAMES : scopes });
  return new ServiceActor(id, name, key, service);
}
