# Build from the repository's root: docker build -f docker/server.Dockerfile -t remit-server .
FROM swift:6.3.1-bookworm AS build
WORKDIR /src
COPY scripts/install-packages scripts/
RUN scripts/install-packages && rm -rf /var/lib/apt/lists/*
COPY Package.swift openapi.yaml ./
COPY Sources Sources
ENV REMIT_ROOM=RemitServer REMIT_TESTS=0
RUN swift build -c release --product remit-server && cp "$(swift build -c release --show-bin-path)/remit-server" /usr/local/bin/

FROM swift:6.3.1-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        curl libopenblas0-pthread libpcre2-8-0 libsqlite3-0 libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 10001 remit \
    && mkdir /store && chown remit /store
COPY --from=build /usr/local/bin/remit-server /usr/local/bin/
COPY LICENSE NOTICE /usr/share/doc/remit/
USER remit
# The proxy is the only one that reaches it; a public address without a key is refused all the same.
ENV REMIT_HOST=0.0.0.0 REMIT_PORT=8080 REMIT_LOG_FORMAT=json
EXPOSE 8080
VOLUME /store
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5m CMD curl -fsS http://127.0.0.1:8080/ready
ENTRYPOINT ["remit-server"]
CMD ["--model", "/models/teacher", "--api-key-file", "/run/secrets/remit_keys"]
