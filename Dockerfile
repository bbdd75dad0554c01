# A keeper inside the Docker daemon: ends workers in time when every client is gone. docs/keeper.md
#   npm ci && npm run build && docker build -t mayfly-keeper:0.1.0 .
#   mayfly keeper install --docker
ARG BASE=node:20-alpine
FROM ${BASE}
COPY package.json /mayfly/
COPY dist /mayfly/dist
# This version ends workers by their label dev.mayfly.until.
LABEL dev.mayfly.keeper_obeys=until
ENV MAYFLY_STATE_DIR=/var/lib/mayfly
ENTRYPOINT ["node", "/mayfly/dist/mayfly.cjs"]
CMD ["keeper", "run", "--docker"]
