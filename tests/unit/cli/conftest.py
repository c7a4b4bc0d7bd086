"""Tests of the command line read what it prints, so the mesh's own log lines must not stand between."""

from janus_mesh import logs

logs.configure("tests", level="error")
