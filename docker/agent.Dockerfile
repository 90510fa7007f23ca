# The Holdfast agent, for hosts that run everything in containers. Mount what is to be backed up, read-only. Build from the repository's folder:
#   docker build -f docker/agent.Dockerfile -t holdfast-agent .

FROM node:24-bookworm-slim AS packages
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
RUN npm install --no-save --omit=dev --workspace @holdfast/agent

FROM node:24-bookworm-slim
RUN useradd --system --uid 842 --home-dir /var/lib/holdfast --shell /usr/sbin/nologin holdfast \
 && install -d -o holdfast -g holdfast -m 0700 /var/lib/holdfast
WORKDIR /app
COPY --from=packages /app /app
COPY shared-types shared-types
COPY engine engine
COPY agent agent
ENV NODE_ENV=production \
    HOLDFAST_AGENT_HOME=/var/lib/holdfast
# Reads what this user may read. To back up other users' files, run the container with `--user 0 --cap-drop ALL --cap-add DAC_READ_SEARCH`.
USER holdfast
VOLUME /var/lib/holdfast
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "-C", "@holdfast/source", "agent/bin/holdfast.js"]
CMD ["run"]
