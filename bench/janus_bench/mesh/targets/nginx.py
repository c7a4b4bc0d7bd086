"""nginx as a streaming reverse proxy: one hop in C that looks at nothing.

The binary is taken out of Debian's package, unpacked under the cache folder: installing the package
would also start its service.
"""

import os
import shutil
from pathlib import Path

from janus_bench.mesh.installation import once, said_by, step
from janus_bench.mesh.load import Endpoint
from janus_bench.mesh.processes import Part, free_port
from janus_bench.mesh.target import Layout, Missing, Provided, Site, Target

_SYSTEM_FOLDERS = "/usr/sbin"  # often not on PATH
_CONFIGURATION = """\
daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 9000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream competitor {{ server 127.0.0.1:{mock_port}; keepalive 512; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        keepalive_requests 1000000;
        location / {{
            proxy_pass http://competitor;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 1h;
        }}
    }}
}}
"""


def provide(cache: Path) -> Provided:
    installed = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
    binary = Path(installed) if installed else once(cache / "nginx", _install) / "usr/sbin/nginx"
    return Provided((str(binary),), said_by(binary, "-v").rpartition("/")[2])


def _install(folder: Path) -> None:
    if shutil.which("apt-get") is None:
        raise Missing("nginx is not installed, and there is no apt-get to fetch it")
    try:
        step("apt-get", "download", "nginx", cwd=folder)
    except Missing:
        if os.geteuid() != 0:
            raise Missing("nginx is not installed: apt-get install nginx") from None
        step("apt-get", "update", cwd=folder)
        step("apt-get", "download", "nginx", cwd=folder)
    (package,) = folder.glob("nginx_*.deb")
    step("dpkg-deb", "--extract", package, folder, cwd=folder)


def arrange(provided: Provided, site: Site) -> Layout:
    port = free_port()
    configuration = site.folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=site.folder, mock_port=site.mock_port, port=port), encoding="utf-8"
    )
    command = (*provided.command, "-p", str(site.folder), "-e", "stderr", "-c", str(configuration))
    return Layout((Part("nginx", command, port, health="/health"),), Endpoint(port))


TARGET = Target("nginx", "one hop, proxy_buffering off", provide, arrange)
