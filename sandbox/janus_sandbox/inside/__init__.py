"""What runs inside a sandbox as its process 1, for the service outside.

Standard library only, and only for Python 3.9 or newer: it is run by whatever interpreter the sandbox
has. It holds no secret and is not trusted: the service judges all that comes from here.
"""
