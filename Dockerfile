# The service and Node, without npm and development packages. Update the pinned release with the security updates of the
# base image. For another base: docker build --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:24.22.2-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY ormconfig.ts ./
COPY scripts scripts
COPY config config
COPY bin bin
COPY src src
# The repository is not copied: docker build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT
RUN npm run build && find dist -name '*.map' -delete

# Apart from the build, so that a change of the sources installs nothing again.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/prune-modules.js scripts/
RUN npm ci --omit=dev && node scripts/prune-modules.js && rm -r scripts package-lock.json .npmrc

# Debian and Node as the base image has them. Copied into an empty image, because a layer cannot make one below it smaller.
FROM ${NODE_IMAGE} AS system
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /usr/local/share /opt/yarn* /root/.npm /tmp/* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && mkdir /data && chown node:node /data

FROM scratch
COPY --from=system / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app ./
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
# The user node, as a number, so that Kubernetes can verify that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The flags of `npm run start:prod` but one, which costs memory in this Node (docs/decisions/0017).
CMD ["node", "--max-old-space-size=256", "--initial-old-space-size=72", "--max-semi-space-size=16", "--no-allocation-site-pretenuring", "dist/src/main.js"]
