# TrackFlow as an image: deploy/README.md says how it is run. Both stages need Node 24, glibc and a shell, which is all they
# take of their base; BASE names another one where Docker Hub is out of reach.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node bin/checkout.js build && npm prune --omit=dev

FROM ${BASE}
# Numbers, so that no base has to know the user. Only /data is written to: run it with a read-only root file system.
RUN mkdir -p /data && chown 10001:10001 /data
COPY --from=build /src/package.json /src/oclif.manifest.json /src/LICENSE /src/README.md /opt/trackflow/
COPY --from=build /src/bin /opt/trackflow/bin
COPY --from=build /src/schema /opt/trackflow/schema
COPY --from=build /src/node_modules /opt/trackflow/node_modules
COPY --from=build /src/dist /opt/trackflow/dist
RUN ln -s /opt/trackflow/bin/trackflow.js /usr/local/bin/trackflow
USER 10001:10001
# HOME and SHELL for the command, which would look for this user in /etc/passwd.
ENV NODE_ENV=production HOME=/data SHELL=/bin/sh TRACKFLOW_HOME=/data TRACKFLOW_LISTEN_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080
# Whether an event sent now would be taken; the engine may be away for that.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/trackflow/dist/daemon/main.js", "--home", "/data"]
