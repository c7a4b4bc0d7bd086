"""`janus-bench view`: a run's report on loopback."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from janus_bench.quality.record import read
from janus_bench.quality.reports.html import POLICY, as_html

_HOST = "127.0.0.1"


def serve(file: Path, port: int) -> int:
    """Until Ctrl-C."""
    with server(as_html(read(file)).encode(), port) as listening:
        sys.stdout.write(f"http://{_HOST}:{listening.server_address[1]}/\n")
        sys.stdout.flush()
        listening.serve_forever()
    return 0


def server(page: bytes, port: int) -> ThreadingHTTPServer:
    """Answers `GET /` with the page, and nothing else."""

    class Page(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if self.path != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(page)))
            self.send_header("content-security-policy", POLICY)
            self.send_header("x-content-type-options", "nosniff")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Nobody asked for a log."""

    return ThreadingHTTPServer((_HOST, port), Page)
