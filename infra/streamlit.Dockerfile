# The image of one Streamlit app. Its context is the project's folder, as far as .dockerignore lets it in.
#
# PYTHON is an image with `python3` and its venv module; pip's settings (a mirror, a certificate) come with it.
# APP is the app's folder.
ARG PYTHON

# Apart from the rest, so that apps with the same requirements share the installed packages.
FROM ${PYTHON} AS requirements
ARG APP
COPY ${APP}/requirements.txt /build/requirements.txt

FROM ${PYTHON} AS packages
RUN python3 -m venv /opt/venv
COPY kit/ /build/kit/
COPY --from=requirements /build/requirements.txt /build/requirements.txt
RUN /opt/venv/bin/python3 -m pip install --no-cache-dir --disable-pip-version-check \
      --requirement /build/requirements.txt /build/kit \
 && /opt/venv/bin/python3 -m pip uninstall --yes pip setuptools \
 && find /opt/venv -type d -name tests -prune -exec rm -rf {} +

FROM ${PYTHON}
ARG APP
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY ${APP}/ ./
# A checkout may keep its files to its owner, and the user below is nobody's owner.
RUN chmod -R a+rX /app
# CORS and XSRF protection stay on: the connector passes on the host name that the browser asked for. Nobody else reaches
# the app, so what it says of a request (that it came by HTTPS) is believed.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FORWARDED_ALLOW_IPS=* \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false
EXPOSE 8501
USER 10001:10001
# Below the base path, where Streamlit answers; a container without one serves at the root.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python3", "-c", "from http.client import HTTPConnection; from os import environ as e; c = HTTPConnection('127.0.0.1', int(e['STREAMLIT_SERVER_PORT']), timeout=4); c.request('GET', ('/' + e.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/') + '/_stcore/health').replace('//', '/')); raise SystemExit(c.getresponse().status != 200)"]
CMD ["streamlit", "run", "streamlit_app.py"]
