# prunebench on the processor:
#   docker build -t prunebench .
#   docker run --rm -v "$PWD/runs:/work/runs" prunebench run quick
# Where the package index offers builds of torch with CUDA only, name one of CPU builds:
#   docker build --build-arg TORCH_INDEX=URL -t prunebench .
FROM python:3.11-slim

# soundfile's library, and a compiler for the backend `compile`. The base image moves on, and with it the versions.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends -y g++ libsndfile1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY constraints.txt ./
ARG TORCH_INDEX=""
RUN pip install --no-cache-dir -c constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch

COPY LICENSE MANIFEST.in README.md pyproject.toml ./
COPY baselines ./baselines
COPY eval ./eval
COPY harness ./harness
COPY pruners ./pruners
COPY reports ./reports
COPY src ./src
RUN pip install --no-cache-dir -c constraints.txt ".[backends]"

# A run writes as the user who started it: docker run --user "$(id -u)" …
ENV OMP_NUM_THREADS=1 \
    PRUNEBENCH_CACHE=/work/cache \
    MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /work
RUN mkdir -p /work/cache /work/runs && chmod -R 0777 /work
ENTRYPOINT ["prunebench"]
CMD ["--help"]
