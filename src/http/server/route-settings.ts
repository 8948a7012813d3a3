import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/** Tells the hooks of Fastify about a route, as `RouteConfig` does, beside what other decorators of the method tell. */
export function RouteSettings(settings: FastifyContextConfig): MethodDecorator {
  return (target, method, descriptor) => {
    const others = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value as object) as object | undefined;
    RouteConfig({ ...others, ...settings })(target, method, descriptor);
  };
}
