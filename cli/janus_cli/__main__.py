"""`python -m janus_cli` is `janus`."""

from .main import app

if __name__ == "__main__":
    app(prog_name="janus")
