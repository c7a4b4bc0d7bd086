#!/usr/bin/env bash
# Lighthouse on every page of a running Janus, mobile and desktop: ui/bench/lighthouse.sh [URL]
# PAGES="/ /chat" looks at these alone, RUNS=1 once at each.
#
# One run says little (Lighthouse's docs/variability.md), so each figure is the median of RUNS. A phone is emulated as
# Lighthouse does it by default, with a CPU that is four times slower than this one; SLOWDOWN sets another factor.
# Nothing else should use the machine meanwhile: what delays the browser counts as the page's own.
set -euo pipefail
url=${1:-http://127.0.0.1:8000}
export CHROME_PATH=/usr/bin/chromium
pages=${PAGES:-"/ /chat /competition /arena /marketplace /marketplace/inference-proxy"}
flags="--headless --no-sandbox --disable-gpu --disable-quic"
reports=build/lighthouse
mkdir -p "$reports"

# It now and then loses the beginning of its trace (NO_NAVSTART): then it fails, and its report holds no scores.
look() {
  for _ in 1 2 3 4; do
    npm exec --yes --silent -- lighthouse@12.8.2 "$1" --quiet --chrome-flags="$flags" --output=json --output-path="$3" \
      $([ "$2" = desktop ] && echo --preset=desktop || echo "--throttling.cpuSlowdownMultiplier=${SLOWDOWN:-4}") && return
  done
  return 1
}

for page in $pages; do
  name=$(tr / - <<<"${page#/}")
  for form in mobile desktop; do
    rm -f "$reports/${name:-landing}-$form"-*.json
    for run in $(seq "${RUNS:-3}"); do
      look "$url$page" $form "$reports/${name:-landing}-$form-$run.json"
    done
    node ui/bench/lighthouse-medians.mjs "$page $form" "$reports/${name:-landing}-$form"-*.json
  done
done
