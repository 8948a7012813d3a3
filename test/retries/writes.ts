import { MAX_ID } from '../../src/http/input/coercion.js';
import type { RequestOptions } from '../support/client.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { jpeg } from '../support/jpeg.js';
import type { Service } from '../support/service.js';

/** A creation that may be sent again. */
export interface Creation {
  readonly by: Actor;
  readonly path: string;
  /** @returns the body; each call lays out the same content again */
  readonly body: () => unknown;
  /** A different valid body for the same route. */
  readonly other: unknown;
  /** 201 by default. */
  readonly status?: 200 | 201;
}

/** @returns a form with a picture; its boundary is a new one */
function upload(): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(HOSPITAL)) form.append(name, value);
  form.append('picture', new Blob([new Uint8Array(jpeg())], { type: 'image/jpeg' }), 'picture.jpg');
  return form;
}

/** Every route that honours `Idempotency-Key`. */
export const CREATIONS: readonly [name: string, given: (service: Service) => Promise<Creation>][] = [
  [
    'POST /management/memberships/',
    async ({ given }) => {
      const { admin, hospital, outsider, stranger } = await given.hospital();
      return {
        by: admin,
        path: '/management/memberships/',
        body: () => ({ medic: outsider.id, hospital }),
        other: { medic: stranger.id, hospital },
      };
    },
  ],
  [
    'POST /hospital/',
    async ({ given }) => {
      const by = await given.medic();
      return { by, path: '/hospital/', body: () => HOSPITAL, other: { ...HOSPITAL, name: 'Other' } };
    },
  ],
  [
    'POST /hospital/ with a picture',
    async ({ given }) => {
      const by = await given.medic();
      const other = upload();
      other.set('picture', new Blob([new Uint8Array(jpeg(4000))], { type: 'image/jpeg' }), 'picture.jpg');
      return { by, path: '/hospital/', body: upload, other };
    },
  ],
  [
    'POST /medics/',
    async ({ given }) => {
      const { admin, hospital } = await given.hospital();
      const body = medicBody({ hospital });
      return { by: admin, path: '/medics/', body: () => body, other: { ...body, password: 'another password' } };
    },
  ],
  [
    'POST /management/memberships/bulk/',
    async ({ given }) => {
      const { admin, hospital, outsider, stranger } = await given.hospital();
      return {
        by: admin,
        path: '/management/memberships/bulk/',
        body: () => ({ hospital, memberships: [{ medic: outsider.id }, { medic: MAX_ID }] }),
        other: { hospital, memberships: [{ medic: stranger.id }] },
        status: 200,
      };
    },
  ],
];

/** @returns the response, which is that of a success */
export function carriedOut({ status = 201 }: Creation, response: CheckedResponse): CheckedResponse {
  return response.is(status);
}

/** Sends a creation with an `Idempotency-Key`. */
export function create(
  { by, path, body }: Creation,
  key: string,
  options: RequestOptions = {},
  sent: unknown = body(),
): Promise<CheckedResponse> {
  return by.post(path, sent, { ...options, headers: { ...options.headers, 'idempotency-key': key } });
}

/** @returns whether the response is that of an earlier request */
export function isReplayed({ headers }: CheckedResponse): boolean {
  return headers.get('idempotent-replayed') === 'true';
}
