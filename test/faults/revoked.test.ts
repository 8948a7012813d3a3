import { MembershipType } from '../../src/memberships/membership.entity.js';
import { figure } from '../support/figure.js';
import type { Given } from '../support/given.js';
import { until } from '../support/until.js';
import { by, keepAlive, send, type Sent } from './exchange.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const agent = keepAlive();
afterAll(() => {
  agent.destroy();
});

/** A right, what it lets through, and the request that takes it away. */
interface Right {
  readonly uses: Sent[];
  readonly removal: Sent;
}

/** The ways in which a right is taken away. */
const KINDS: Record<string, (given: Given) => Promise<Right>> = {
  'a MEMBER is removed': async (given) => {
    const { hospital, admin, member, membership } = await given.hospital();
    const own = by(member, 'PATCH', '/locations/update/', { hospital_id: hospital });
    return { uses: [by(member, 'GET', `/hospital/${String(hospital)}`), own], removal: removalOf(admin, membership) };
  },
  'an ADMIN is removed': async (given) => {
    const { hospital, admin, other, adminship } = await twoAdmins(given);
    return { uses: usesOfAdmin(other, hospital), removal: removalOf(admin, adminship) };
  },
  'an ADMIN is demoted': async (given) => {
    const { hospital, admin, other, adminship } = await twoAdmins(given);
    const path = `/management/memberships/${String(adminship)}`;
    return { uses: usesOfAdmin(other, hospital), removal: by(admin, 'PATCH', path, { type_membership: 'MEMBER' }) };
  },
  'a medic is deactivated': async (given) => {
    const creator = await given.medic();
    const medic = await given.medic({ createdById: creator.id });
    const path = `/medics/${String(medic.id)}`;
    return { uses: usesOfKey(medic), removal: by(creator, 'PATCH', path, { is_active: false }) };
  },
  'a token is revoked': async (given) => {
    const medic = await given.medic();
    return { uses: usesOfKey(medic), removal: by(medic, 'DELETE', '/token-auth/') };
  },
  'a token is rotated without grace': async (given) => {
    const medic = await given.medic();
    return { uses: usesOfKey(medic), removal: by(medic, 'POST', '/token-auth/rotate?grace=0') };
  },
};

type Caller = Parameters<typeof by>[0];

function removalOf(admin: Caller, membership: number): Sent {
  return by(admin, 'DELETE', `/management/memberships/${String(membership)}`);
}

async function twoAdmins(given: Given) {
  const { hospital, admin } = await given.hospital();
  const other = await given.medic();
  const adminship = await given.membership(other, hospital, { type: MembershipType.ADMIN, isActive: true });
  return { hospital, admin, other, adminship };
}

function usesOfAdmin(admin: Caller, hospital: number): Sent[] {
  const id = String(hospital);
  return [by(admin, 'GET', `/memberships/${id}`), by(admin, 'PATCH', `/hospital/${id}`, { headline: 'x' })];
}

function usesOfKey(medic: Caller): Sent[] {
  return [by(medic, 'GET', '/locations/'), by(medic, 'PATCH', `/medics/${String(medic.id)}`, { campaign: 'x' })];
}

/** How many requests must start on each process, in each way, after the removal was answered. */
const AFTERWARDS = 3;

/** What was seen of the requests that started after a removal had been answered. */
interface Seen {
  requests: number;
  late: number;
}

/** Uses a right on every process without a pause, and meanwhile has it taken away through one of them. */
async function takeAway(urls: string[], { uses, removal }: Right, remover: string): Promise<Seen> {
  const seen: Seen = { requests: 0, late: 0 };
  let phase: 'before' | 'during' | 'after' = 'before';
  const granted: number[] = [];
  const users = urls
    .flatMap((url) => uses.map((use) => [url, use] as const))
    .map(async ([url, use], user) => {
      granted[user] = 0;
      for (let observed = 0; observed < AFTERWARDS;) {
        const startedIn = phase;
        const { status } = await send(url, use, agent);
        const isGranted = status < 300;
        if (startedIn === 'after') {
          observed += 1;
          seen.requests += 1;
          if (isGranted) seen.late += 1;
        } else if (isGranted) granted[user] = (granted[user] ?? 0) + 1;
        // A request that overtakes the removal may still be granted; nothing else may be answered ever.
        const refused = [401, 404].includes(status) && (startedIn === 'after' || isNot(phase, 'before'));
        if (!isGranted && !refused) throw new Error(`${use.method} ${use.path} answers ${String(status)}`);
      }
    });
  const removing = until(() => granted.every((count) => count > 0)).then(async () => {
    phase = 'during';
    const { status } = await send(remover, removal, agent);
    phase = 'after';
    expect(status).toBeLessThan(300);
  });
  await Promise.all([removing, ...users]);
  return seen;
}

/** The phase changes while a request is under way, which the compiler cannot see. */
function isNot(phase: string, other: string): boolean {
  return phase !== other;
}

const ROUNDS = 240;
const LANES = 4;

test('no request that starts after a removal was answered is granted, on any process', async () => {
  const processes = [scratch.process(), scratch.process()];
  const urls = await Promise.all(processes.map((process) => process.url()));
  const kinds = Object.values(KINDS);
  const total: Seen = { requests: 0, late: 0 };
  let round = 0;
  const lane = async () => {
    while (round < ROUNDS) {
      const kind = kinds[round % kinds.length];
      const remover = urls[Math.floor(round / kinds.length) % urls.length];
      round += 1;
      if (kind === undefined || remover === undefined) throw new Error('There is no such round.');
      const { requests, late } = await takeAway(urls, await kind(scratch.given), remover);
      expect(requests).toBe(AFTERWARDS * 2 * urls.length);
      total.requests += requests;
      total.late += late;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  figure('rights taken away', round);
  figure('requests after a removal', total.requests);
  figure('late allows', total.late);
  expect(total.late).toBe(0);
});
