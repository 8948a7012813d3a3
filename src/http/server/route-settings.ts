import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/** Sets the Fastify config of a route, as `RouteConfig` does, but keeps what other decorators have set. */
export function RouteSettings(settings: FastifyContextConfig): MethodDecorator {
  return (target, method, descriptor) => {
    const others = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value as object) as object | undefined;
    RouteConfig({ ...others, ...settings })(target, method, descriptor);
  };
}
