"""A service to supervise, as small as can be: `python small_service.py --port N [...]`.

It is healthy over HTTP, or over gRPC as a router with one competitor, and misbehaves as its options say.
Only the standard library is loaded for HTTP, so that dozens of them start in no time. SIGUSR1 makes an
HTTP one ill, and well again.
"""

import argparse
import os
import signal
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

PROGRAM = Path(__file__)


def main() -> None:
    options = _options()
    if options.say:
        print(options.say, flush=True)
    if options.crash_unless_exists and not options.crash_unless_exists.exists():
        options.crash_unless_exists.touch()
        sys.exit(options.status)
    if options.crash:
        sys.exit(options.status)
    if options.grandchild:
        # `exec` keeps the pid, so that the line names the process that sleeps.
        subprocess.Popen(["/bin/sh", "-c", "echo grandchild $$; exec sleep 600"])
    _until_stopped(options)


def _until_stopped(options: argparse.Namespace) -> None:
    stop = threading.Event()
    wish = signal.SIG_IGN if options.stubborn else lambda *_: stop.set()
    signal.signal(signal.SIGTERM, wish)
    close = _serve_grpc(options.port) if options.grpc else _serve_http(options.port, options.health)
    stop.wait()
    close()
    if options.diary:
        with options.diary.open("a") as diary:
            diary.write(f"{options.name}\n")


def _serve_http(port: int, answer: str):
    ill = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: ill.clear() if ill.is_set() else ill.set())

    class Health(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            if ill.is_set():
                self.wfile.write(b"HTTP/1.1 503 Ill\r\n\r\n")
                return
            self.wfile.write(f"HTTP/1.1 {answer}\r\nconnection: close\r\n\r\nas told".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Server(("127.0.0.1", port), Health)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server.server_close


def _serve_grpc(port: int):
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from grpc_health.v1 import health, health_pb2_grpc

    from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc

    class Registry(router_pb2_grpc.RouterServiceServicer):
        def ListCompetitors(self, request, context):
            one = router_pb2.Competitor(id="small", state=router_pb2.COMPETITOR_STATE_HEALTHY)
            return router_pb2.ListCompetitorsResponse(competitors=[one])

    server = grpc.server(ThreadPoolExecutor(2))
    router_pb2_grpc.add_RouterServiceServicer_to_server(Registry(), server)
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return lambda: server.stop(None).wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=int(os.environ.get("SMALL_SERVICE_PORT", "0")))
    parser.add_argument("--name", default="")
    parser.add_argument("--grpc", action="store_true")
    parser.add_argument("--health", default="200 OK", help="status line of every answer")
    parser.add_argument("--say", default="")
    parser.add_argument("--crash", action="store_true")
    parser.add_argument("--crash-unless-exists", type=Path)
    parser.add_argument("--status", type=int, default=1)
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--grandchild", action="store_true")
    parser.add_argument("--diary", type=Path, help="gets the name when stopped by SIGTERM")
    return parser.parse_args()


if __name__ == "__main__":
    main()
