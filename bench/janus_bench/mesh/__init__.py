"""What streaming through a gateway costs: Janus, its peers and no gateway at all, measured side by side.

`python -m janus_bench.mesh` (or `make bench-mesh`) is the command. A run starts a mock competitor and
every target, then measures case by case with rounds interleaved target by target:

    cli -> driver -> scenarios.* -> trial -> client (own process) -> target -> mock (own process)

`targets` are data; a further gateway, or Janus over a further transport, is one more entry there.
"""
