"""`janus.competition.v1` over gRPC."""
