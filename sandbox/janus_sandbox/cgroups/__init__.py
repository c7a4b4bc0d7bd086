"""Control groups: what bounds a sandbox's memory, processes and CPU, and ends all of it at once.

Two kernel interfaces, chosen by which can be written to on this machine: `v2` (unified) and `v1` (a tree
for each controller, as on hybrid systems).
"""

from .choice import choose, existing, of_process
from .group import Group, Tree

__all__ = ["Group", "Tree", "choose", "existing", "of_process"]
