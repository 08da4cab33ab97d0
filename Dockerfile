# docker build -t fairlead .
#
# docker run --rm -p 8080:8080 -v "$PWD/fairlead.toml:/etc/fairlead/fairlead.toml:ro" \
#   --ulimit nofile=300000:300000 --sysctl net.ipv4.ip_local_port_range="61000 65535" fairlead
#
# The binary carries no file capabilities: with one, it would not start in a container that lacks it. Nothing here needs
# any; docs/operations.md says what --cap-add is for.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/setup.sh scripts/
RUN scripts/setup.sh build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY conf conf
COPY metrics metrics
COPY tls tls
COPY proxy proxy
RUN cmake --preset release && cmake --build --preset release --target fairlead \
 && cmake --install build/release --strip

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Fairlead" \
      org.opencontainers.image.description="WebSocket-aware L7 reverse proxy"
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libboost-json1.81.0 libc-ares2 libfmt9 libprometheus-cpp-core1.0 libre2-9 libspdlog1.10 libssl3 libtomlplusplus3 libxxhash0 \
      libcap-ng0 libcrypt1 libseccomp2 zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fairlead \
 && install -d -o 10001 -g 10001 -m 0700 /run/fairlead
COPY deploy/docker/fairlead.toml /etc/fairlead/fairlead.toml
COPY --from=build /usr/local/bin/fairlead /usr/local/bin/fairlead
COPY --from=build /usr/local/share/man/man1/fairlead.1 /usr/local/share/man/man1/fairlead.1
COPY --from=build /usr/local/share/bash-completion/completions/fairlead /usr/share/bash-completion/completions/fairlead
USER 10001:10001
EXPOSE 8080 9900
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["fairlead", "health"]
ENTRYPOINT ["fairlead"]
CMD ["run", "--config", "/etc/fairlead/fairlead.toml"]
