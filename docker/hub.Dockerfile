# The Holdfast server with its console. Build from the repository's folder:
#   docker build -f docker/hub.Dockerfile -t holdfast-hub .

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared-types/package.json shared-types/
COPY engine/package.json engine/
COPY hub/package.json hub/
COPY agent/package.json agent/
COPY web/package.json web/
COPY e2e/package.json e2e/
COPY agent/bin agent/bin
COPY hub/bin hub/bin
RUN npm ci
COPY tsconfig.base.json tsconfig.json ./
COPY scripts scripts
COPY shared-types shared-types
COPY engine engine
COPY web web
COPY hub hub
RUN node scripts/with-node.mjs lerna run build --scope @holdfast/web \
 && npm prune --omit=dev --workspace @holdfast/hub --include-workspace-root=false

FROM node:24-bookworm-slim
# The embedded Postgres runs as the user of the hub, so that user must have a name.
RUN useradd --system --uid 842 --home-dir /var/lib/holdfast --shell /usr/sbin/nologin holdfast \
 && install -d -o holdfast -g holdfast -m 0700 /var/lib/holdfast
WORKDIR /app
COPY --from=build /app /app
ENV NODE_ENV=production \
    HOLDFAST_DATA=/var/lib/holdfast \
    HOLDFAST_HOST=0.0.0.0 \
    HOLDFAST_PORT=8420
USER holdfast
VOLUME /var/lib/holdfast
EXPOSE 8420
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HOLDFAST_PORT}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "-C", "@holdfast/source", "hub/bin/holdfast-hub.js", "start"]
