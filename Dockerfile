# The command `bench` with all extras, in the tested versions (docs/environment.md says how to run it).
#   docker build -t sightsound .                           for a CPU
#   docker build -t sightsound --build-arg DEVICE=cuda .   for NVIDIA cards, several gigabytes more
ARG PYTHON=3.11
FROM python:${PYTHON}-slim

# cpu takes the build of torch without CUDA. Where pip's usual index has none for this platform, give the address of
# PyTorch's own wheels, which its installation page names, as PIP_EXTRA_INDEX_URL, or a folder as PIP_FIND_LINKS.
ARG DEVICE=cpu
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1

WORKDIR /opt/sightsound
COPY constraints.txt ./
RUN torch="$(grep ^torch== constraints.txt)$([ "$DEVICE" = cuda ] || echo +cpu)" \
    && python -m pip install --constraint constraints.txt "$torch"

COPY pyproject.toml setup.py README.md LICENSE ./
COPY sightsound sightsound
COPY bench bench
COPY metrics metrics
COPY baselines baselines
COPY results results
RUN python -m pip install --constraint constraints.txt ".[pocket,text,diffusion]"

# What runs is no root, keeps downloads in a volume of its own and finds the reader's files in /work.
RUN useradd --create-home --uid 1000 bench && mkdir -p /work /cache && chown bench /work /cache
USER bench
ENV SIGHTSOUND_CACHE=/cache
VOLUME /cache
WORKDIR /work
ENTRYPOINT ["bench"]
CMD ["--help"]
