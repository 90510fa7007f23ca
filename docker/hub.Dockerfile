# The Holdfast server with its console. Build from the repository's folder:
#   docker build -f docker/hub.Dockerfile -t holdfast-hub .

# `npm install --no-save` follows the lock file just so; why not `npm ci`: scripts/bootstrap/install-packages.mjs.
FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared-types/package.json shared-types/
COPY engine/package.json engine/
COPY hub/package.json hub/
COPY hub/bin hub/bin
COPY agent/package.json agent/
COPY agent/bin agent/bin
COPY web/package.json web/
COPY e2e/package.json e2e/

FROM manifests AS console
RUN npm install --no-save
COPY tsconfig.base.json tsconfig.json ./
COPY shared-types shared-types
COPY engine engine
COPY web web
RUN npm run build --workspace @holdfast/web

FROM manifests AS packages
RUN npm install --no-save --omit=dev --workspace @holdfast/hub

FROM node:24-bookworm-slim
# The embedded Postgres runs as the user of the hub, so that user must have a name.
RUN useradd --system --uid 842 --home-dir /var/lib/holdfast --shell /usr/sbin/nologin holdfast \
 && install -d -o holdfast -g holdfast -m 0700 /var/lib/holdfast
WORKDIR /app
COPY --from=packages /app /app
COPY shared-types shared-types
COPY engine engine
COPY hub hub
COPY --from=console /app/web/dist web/dist
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
