"""The router: a `ChatService` that chooses a competitor for each chat and copies its events through.

Read in this order: `janus_mesh.registry` (what may be said of a competitor), `competitor`, `registry` and
`leases` (the live view of it), `selection`, `admission`, `ejection` and `health` (who may answer now),
`routing` and `attempt` (the answer itself), `claims`, `competitor_errors` and `usage` (what is believed of
a competitor), `api` and `artifacts` (the other two services), `service` (the wiring).
"""
