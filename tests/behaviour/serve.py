"""Serves httpbin on a free port, tells which, and writes down every request that it sees.

Usage: serve.py LOG. One line on standard output: "ready PORT".
"""

import json
import os
import sys
import threading

from gunicorn.app.base import BaseApplication
from httpbin import app as httpbin

# Seeded bytes come from the one generator of the process: two requests at once would share it out between them.
SEEDED = ("/bytes/", "/stream-bytes/")
generator = threading.Lock()


def headers(environ):
    seen = {key[5:]: value for key, value in environ.items() if key.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            seen[name] = environ[name]
    return {name.replace("_", "-").lower(): value for name, value in seen.items()}


class Recorded:
    """The application, with a line for each request before it is answered."""

    def __init__(self, application, log):
        self.application = application
        self.log = log

    def __call__(self, environ, start_response):
        line = {
            "method": environ["REQUEST_METHOD"],
            "target": environ["RAW_URI"],
            "connection": environ["REMOTE_PORT"],
            "headers": headers(environ),
        }
        # One write to a file that is appended to: lines of several threads do not mix.
        os.write(self.log, (json.dumps(line) + "\n").encode())
        if not environ["PATH_INFO"].startswith(SEEDED):
            return self.application(environ, start_response)
        with generator:
            # httpbin has them in a bytearray, which PEP 3333 does not allow and gunicorn does not take.
            return [bytes(chunk) for chunk in self.application(environ, start_response)]


class Server(BaseApplication):
    def __init__(self, log):
        self.log = log
        super().__init__()

    def load_config(self):
        settings = {
            "bind": "127.0.0.1:0",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 16,
            # Longer than the script takes: a connection that the server gives up while it is being used again is a race.
            "keepalive": 300,
            "graceful_timeout": 1,
            "when_ready": ready,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self):
        return Recorded(httpbin, self.log)


def ready(server):
    print("ready", server.LISTENERS[0].sock.getsockname()[1], flush=True)


if __name__ == "__main__":
    Server(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)).run()
