"""Certificates of the tests' own."""

import subprocess
from pathlib import Path


def self_signed(folder: Path, subject: str) -> tuple[Path, Path]:
    """A certificate for `DNS:name` or `IP:address`, and its key, in the folder."""
    certificate, key = folder / "c.pem", folder / "k.pem"
    asked = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    named = ["-addext", f"subjectAltName={subject}", "-out", certificate, "-keyout", key]
    subprocess.run([*asked.split(), *named], check=True, capture_output=True)
    return certificate, key
