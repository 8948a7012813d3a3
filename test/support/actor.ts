import type { CheckedResponse } from './checked-response.js';
import type { Client, RequestOptions } from './client.js';

/** A medic with a real token, who calls the service over HTTP. */
export class Actor {
  constructor(
    readonly id: number,
    readonly email: string,
    readonly token: string,
    private readonly client: Client,
  ) {}

  send(method: string, path: string, options: RequestOptions = {}): Promise<CheckedResponse> {
    return this.client.send(method, path, { token: this.token, ...options });
  }

  get(path: string, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('GET', path, options);
  }

  post(path: string, body?: unknown, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('POST', path, { ...options, body });
  }

  patch(path: string, body?: unknown, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('PATCH', path, { ...options, body });
  }

  delete(path: string, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('DELETE', path, options);
  }

  addMember(hospital: number, medic: Actor, extra: object = {}, options?: RequestOptions): Promise<CheckedResponse> {
    return this.post('/management/memberships/', { medic: medic.id, hospital, ...extra }, options);
  }

  changeMembership(id: number, change?: unknown, options?: RequestOptions): Promise<CheckedResponse> {
    return this.patch(`/management/memberships/${String(id)}`, change, options);
  }

  removeMembership(id: number, options?: RequestOptions): Promise<CheckedResponse> {
    return this.delete(`/management/memberships/${String(id)}`, options);
  }
}
