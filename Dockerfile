# The service alone: no torch, no compiler, no shell needed. Runs as a user without rights, on a
# read-only root filesystem; /var/lib/faceveil holds what it keeps: keys, and what is stored.
# --build-arg REQUIREMENTS=service leaves audits out, for small machines.
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
ARG REQUIREMENTS=audit
RUN python3 -m venv /opt/faceveil
COPY requirements/${REQUIREMENTS}.txt /build/requirements.txt
RUN /opt/faceveil/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.txt
COPY pyproject.toml README.md LICENSE /build/
COPY models/LICENSE /build/models/
COPY service /build/service
RUN /opt/faceveil/bin/pip install --no-cache-dir --no-deps /build \
    && /opt/faceveil/bin/pip uninstall --yes pip setuptools

FROM ${BASE}
LABEL org.opencontainers.image.title="FaceVeil" \
      org.opencontainers.image.description="Reads the mood of a face and withholds whose it is. The \
code is Apache-2.0; the default model, faceveil, is for non-commercial research only; the model open \
is for any use, with attribution. Each model's card has its terms." \
      org.opencontainers.image.licenses="Apache-2.0 AND LicenseRef-FaceVeil-Models"
RUN mkdir -p /var/lib/faceveil && chown 10001:10001 /var/lib/faceveil
COPY --from=build /opt/faceveil /opt/faceveil
COPY models /opt/faceveil/models
ENV FACEVEIL_SERVER__HOST=0.0.0.0 \
    FACEVEIL_SERVER__PORT=8000 \
    FACEVEIL_MODEL__DIRECTORY=/opt/faceveil/models \
    FACEVEIL_DETECTOR=/opt/faceveil/models/detector/blazeface-short/model.onnx \
    FACEVEIL_STATE_DIRECTORY=/var/lib/faceveil \
    FACEVEIL_ACCESS__FIRST_KEY=true \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /var/lib/faceveil
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/opt/faceveil/bin/python", "-c", \
    "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['FACEVEIL_SERVER__PORT']}/readyz\", timeout=2)"]
ENTRYPOINT ["/opt/faceveil/bin/faceveil"]
CMD ["serve"]
