import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, MetadataScanner, ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { AccountLimits } from '../../src/auth/account-limits.js';
import { Requirement, type RequirementOptions } from '../../src/access/access.guard.js';
import { ACTIONS, PERMISSIONS } from '../../src/access/permission.js';
import { Public, Require } from '../../src/access/require.decorator.js';
import { Authentication, type AuthenticationMode } from '../../src/auth/authenticated.decorator.js';
import { CallersReader } from '../../src/auth/callers.reader.js';
import { Caller, type CurrentMedic } from '../../src/auth/current-medic.decorator.js';
import { FailureLimit } from '../../src/auth/failure-limit.js';
import { MedicKeys } from '../../src/auth/medic-keys.js';
import { RecentKeys } from '../../src/auth/recent-keys.js';
import { ServiceCallers } from '../../src/auth/service-callers.js';
import { ServiceUsage } from '../../src/auth/service-usage.js';
import { TokenAuthGuard } from '../../src/auth/token-auth.guard.js';
import { TokenUsage } from '../../src/auth/token-usage.js';
import { Limiters } from '../../src/limits/limiter.js';
import { ENVIRONMENT, readEnvironment } from '../../src/config/environment.js';
import { Reads } from '../../src/database/reads.js';
import type { Document } from '../support/document.js';
import { useService } from '../support/service.js';

const service = useService();

/** What a route declares about its callers. */
interface Declared {
  readonly mode: AuthenticationMode | undefined;
  readonly requirement: RequirementOptions | undefined;
}

/** Name of a controller's method -> what it declares, for each route of the application. */
function rulesOfRoutes(): Map<string, Declared> {
  const rules = new Map<string, Declared>();
  for (const { controllers } of service.app.get(ModulesContainer).values()) {
    for (const { metatype } of controllers.values()) {
      const prototype = (metatype as { prototype: Record<string, object> }).prototype;
      for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
        const handler = prototype[name] ?? {};
        if (!Reflect.hasMetadata('path', handler)) continue;
        rules.set(name, {
          mode: Reflect.getMetadata(Authentication.KEY, handler) as AuthenticationMode | undefined,
          requirement: Reflect.getMetadata(Requirement.KEY, handler) as RequirementOptions | undefined,
        });
      }
    }
  }
  return rules;
}

interface OperationOfDocument {
  readonly operationId: string;
  readonly security?: object[];
  readonly 'x-scope'?: string;
}

interface Described {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
  readonly scope: string | undefined;
}

async function operations(): Promise<Described[]> {
  const document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as Document;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { operationId, security, 'x-scope': scope } = operation as unknown as OperationOfDocument;
      return { id: operationId, method: method.toUpperCase(), path, isPublic: security?.length === 0, scope };
    }),
  );
}

test('every route declares an access rule', () => {
  const rules = [...rulesOfRoutes()];
  expect(rules.length).toBeGreaterThan(15);
  // A route is either public, or needs a key and either a permission or a scope.
  const needsRight = ({ mode, requirement }: Declared) => requirement !== undefined || mode?.scope !== undefined;
  expect(rules.filter(([, rule]) => rule.mode?.needsKey !== needsRight(rule))).toEqual([]);
  expect(rules.filter(([, { mode, requirement }]) => requirement !== undefined && mode?.scope !== undefined)).toEqual(
    [],
  );
});

test('every permission is that of a route, or an action that services ask about', () => {
  const required = [...rulesOfRoutes().values()].flatMap(({ requirement }) => requirement?.permission ?? []);
  expect([...new Set(required), ...ACTIONS].sort()).toEqual(Object.keys(PERMISSIONS).sort());
});

test('every route is documented, and the document says correctly whether it needs a token', async () => {
  const documented = (await operations()).map(({ id, isPublic }) => [id, isPublic]);
  const declared = [...rulesOfRoutes()].map(([name, { mode }]) => [name, mode?.needsKey === false]);
  expect(documented.sort()).toEqual(declared.sort());
});

test('only health checks, the version, pictures, public keys, metadata and the login are public', () => {
  const names = [...rulesOfRoutes()].filter(([, { mode }]) => mode?.needsKey === false).map(([name]) => name);
  const isPublic = /^(getLiveness|getReadiness|getVersion|getPicture|getKeySet|getMetadata|createToken)$/;
  expect(names.filter((name) => !isPublic.test(name))).toEqual([]);
});

test('every operation with a scope asks for a key of a service account, and refuses any other', async () => {
  const scoped = (await operations()).filter(({ scope }) => scope !== undefined);
  expect(scoped.length).toBeGreaterThan(0);
  const { token } = await service.given.medic();
  for (const { method, path, scope = '' } of scoped) {
    const target = `/${path.replace(/\{\w+\}/g, '1')}`;
    const challengeOf = async (headers: Record<string, string>) => {
      const answer = await service.client.send(method, target, { headers });
      return [path, answer.status, answer.headers.get('www-authenticate')];
    };
    expect(await challengeOf({})).toEqual([path, 401, 'Bearer']);
    const invalid = [path, 401, 'Bearer error="invalid_token"'];
    expect(await challengeOf({ authorization: 'Bearer nonsense' })).toEqual(invalid);
    const insufficient = [path, 403, `Bearer error="insufficient_scope", scope="${scope}"`];
    expect(await challengeOf({ authorization: `Token ${token}` })).toEqual(insufficient);
  }
});

test('every other operation returns Invalid Token without a valid token', async () => {
  for (const { method, path, isPublic, scope } of await operations()) {
    if (isPublic || scope !== undefined) continue;
    const target = (path.startsWith('/api/v2') ? path.slice(7) : `/${path}`).replace(/\{\w+\}/g, '1');
    const body = ['POST', 'PATCH'].includes(method) ? {} : undefined;
    (await service.client.send(method, target, { body })).isRefused('Invalid Token');
    (await service.client.send(method, target, { body, token: 'nonsense' })).isRefused('Invalid Token');
  }
});

describe('a route with a missing or wrong access rule', () => {
  @Controller()
  class ForgetfulController {
    @Get('forgotten')
    forgotten(): string {
      return 'secret';
    }

    @Get('declared')
    @Require('hospital:list')
    declared(): string {
      return 'welcome';
    }

    @Get('public')
    @Public()
    publicButAsks(@Caller() caller: CurrentMedic | null): string {
      return `secret of ${String(caller?.id)}`;
    }
  }

  @Module({})
  class ForgetfulModule {}

  let app: NestFastifyApplication;
  beforeAll(async () => {
    const environment = readEnvironment({ RATE_LIMIT: '0' });
    const providers = [
      CallersReader,
      { provide: Reads, useValue: new Reads(service.dataSource) },
      TokenUsage,
      FailureLimit,
      RecentKeys,
      AccountLimits,
      MedicKeys,
      ServiceCallers,
      ServiceUsage,
      { provide: ENVIRONMENT, useValue: environment },
      { provide: Limiters, useValue: new Limiters(null, environment) },
      { provide: APP_GUARD, useClass: TokenAuthGuard },
      { provide: DataSource, useValue: service.dataSource },
    ];
    const module = { module: ForgetfulModule, controllers: [ForgetfulController], providers };
    app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false });
    app.getHttpAdapter().getInstance().decorateRequest('medic', null);
    await app.init();
  });
  afterAll(() => app.close());

  test('a route without an access rule is closed to everybody', async () => {
    const { token } = await service.given.medic();
    for (const headers of [{}, { authorization: `Token ${token}` }]) {
      const response = await app.inject({ url: '/forgotten', headers });
      expect(response.statusCode).toBe(500);
      expect(response.body).not.toContain('secret');
    }
    const declared = await app.inject({ url: '/declared', headers: { authorization: `Token ${token}` } });
    expect(declared.body).toBe('welcome');
  });

  test('a public route that asks for the caller is closed, because nobody was authenticated', async () => {
    const { token } = await service.given.medic();
    for (const headers of [{}, { authorization: `Token ${token}` }]) {
      const response = await app.inject({ url: '/public', headers });
      expect(response.statusCode).toBe(500);
      expect(response.body).not.toContain('secret');
    }
  });
});
