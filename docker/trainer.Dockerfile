# Build from the repository's root: docker build -f docker/trainer.Dockerfile -t remit-trainer .
FROM swift:6.3.1-bookworm AS build
WORKDIR /src
COPY scripts/install-packages scripts/
RUN scripts/install-packages && rm -rf /var/lib/apt/lists/*
COPY Package.swift openapi.yaml ./
COPY Sources Sources
ENV REMIT_ROOM=RemitTrainer REMIT_TESTS=0
RUN swift build -c release --product remit-trainer && cp "$(swift build -c release --show-bin-path)/remit-trainer" /usr/local/bin/

FROM swift:6.3.1-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libopenblas0-pthread libpcre2-8-0 libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 10001 remit \
    && install -d -o remit /out
COPY --from=build /usr/local/bin/remit-trainer /usr/local/bin/
COPY LICENSE NOTICE /usr/share/doc/remit/
USER remit
VOLUME /out
# A run that writes nothing for a quarter of an hour hangs.
HEALTHCHECK --interval=60s --timeout=5s --start-period=15m CMD find /out -type f -mmin -15 | grep -q .
ENTRYPOINT ["remit-trainer"]
CMD ["anneal", "--server", "http://server:8080", "--student", "/models/student", "--corpus", "/corpus/corpus.jsonl", "--out", "/out"]
