"""`python -m janus_bench.mesh`."""

import signal
import sys

from .cli import main

signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped then, too
sys.exit(main())
