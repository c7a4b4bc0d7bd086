#!/bin/sh
# Makes the sandbox ready for one agent: its folders, and the certainty that its program is there.
# Usage: bootstrap.sh PROGRAM. Prints the PATH to run the agent with; 127 when the program is missing.
set -eu
pack=$(cd "$(dirname "$0")" && pwd)
mkdir -p /workspace/artifacts /workspace/inputs "$pack/run"
command -v python3 >/dev/null || { echo python3 >&2; exit 127; }
command -v "$1" >/dev/null || { echo "$1" >&2; exit 127; }
printf '%s' "$pack/bin:$PATH"
