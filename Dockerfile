# syntax=docker/dockerfile:1

FROM rust:1.95-slim-trixie AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches hold the downloaded crates and the built dependencies: only what changed is built again. They are
# no part of a layer, so the program is copied out in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
    && cp target/release/rift-mfa /usr/local/bin/rift-mfa

FROM debian:trixie-slim
# ca-certificates: the roots that providers' certificates are checked against. The folders: a new named volume
# takes its owner from the folder in the image.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 rift \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin rift \
    && install -d -m 0700 -o 10001 -g 10001 /data /keys
COPY --from=build /usr/local/bin/rift-mfa /usr/local/bin/rift-mfa
USER 10001:10001
WORKDIR /data
VOLUME /data
# Inside a container loopback is the container's own: the ports must be open to what stands around it. Publish
# 9090 (health, metrics) to operators only.
ENV RIFT_HTTP__LISTEN=0.0.0.0:8080 \
    RIFT_HTTP__OPS_LISTEN=0.0.0.0:9090
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["rift-mfa", "healthcheck"]
# Running requests and leased messages get 30 s at the end: stop with `docker stop -t 35`.
STOPSIGNAL SIGTERM
ENTRYPOINT ["rift-mfa"]
