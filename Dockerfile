# The service without development packages. Update the pinned release with the security updates of the base image.
FROM node:24.22.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY ormconfig.ts ./
COPY scripts scripts
COPY config config
COPY src src
# The repository is not copied: docker build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT
# npm keeps TypeScript as an optional peer of a dependency, but the service never loads it.
RUN npm run build && npm prune --omit=dev && rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver

FROM node:24.22.2-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
RUN mkdir /data && chown node:node /data
# The user node, as a number, so that Kubernetes can verify that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The flags of `npm run start:prod` (docs/decisions/0017).
CMD ["node", "--max-old-space-size=256", "--initial-old-space-size=72", "--single-threaded-gc", "--no-allocation-site-pretenuring", "dist/src/main.js"]
