"""janus: brings the mesh up, talks to it, looks after it."""
