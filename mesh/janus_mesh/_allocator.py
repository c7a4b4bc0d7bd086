"""Makes the C library's allocator give the memory of large requests back to the system.

Each time a block with a mapping of its own is freed, glibc raises the size from which blocks get one, up
to 32 MiB. Then blocks of many megabytes lie in the heap among small, long-lived ones, and the heap cannot
shrink. With a fixed threshold they go back to the system when they are freed.
"""

import ctypes
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 128 * 1024  # glibc's own first value


def return_large_blocks() -> None:
    """To be called once, early. Does nothing where the C library is not glibc."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)
