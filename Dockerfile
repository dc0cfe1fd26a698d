# A DICOM node in a container, see docs/integrator.md. Research use only.
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 mtinet && mkdir /data && chown mtinet /data
COPY . /opt/mtinet
RUN pip install --no-cache-dir --constraint /opt/mtinet/constraints.txt '/opt/mtinet[cohort]'

USER mtinet
VOLUME /data
EXPOSE 11112
ENTRYPOINT ["mtinet"]
CMD ["listen", "--help"]
