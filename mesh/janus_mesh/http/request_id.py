"""The id by which a request is known in all logs."""

from janus_mesh.headers import request_id

__all__ = ["request_id"]
