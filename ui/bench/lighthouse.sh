#!/usr/bin/env bash
# Lighthouse on every page of a running Janus, mobile and desktop: ui/bench/lighthouse.sh [URL]
# PAGES="/ /chat" looks at these alone.
#
# A phone is emulated by slowing the CPU down. Lighthouse's fourfold is meant for fast desktops; its documentation
# (docs/throttling.md) asks to calibrate it on others, which is done here by the curve of the calculator that it names.
# SLOWDOWN=4 takes the default instead.
set -euo pipefail
url=${1:-http://127.0.0.1:8000}
export CHROME_PATH=/usr/bin/chromium
pages=${PAGES:-"/ /chat /competition /arena /marketplace /marketplace/inference-proxy"}
flags="--headless --no-sandbox --disable-gpu --disable-quic"
mkdir -p build/lighthouse

lighthouse() { npm exec --yes --silent -- lighthouse@12.8.2 "$@" --quiet --output=json --chrome-flags="$flags"; }

if [ -z "${SLOWDOWN:-}" ]; then
  lighthouse "$url/" --preset=desktop --only-categories=seo --output-path=build/lighthouse/calibration.json
  SLOWDOWN=$(node -p '
    const index = JSON.parse(require("fs").readFileSync("build/lighthouse/calibration.json")).environment.benchmarkIndex;
    const slowdown = index >= 1300 ? 3 + (index - 1300) / 233 : index >= 800 ? 2 + (index - 800) / 500 : 1 + (index - 150) / 650;
    Math.max(1, slowdown).toFixed(1)')
fi
echo "phone: CPU slowed down $SLOWDOWN times"

for page in $pages; do
  for form in mobile desktop; do
    name=$(tr / - <<<"${page#/}")
    report=build/lighthouse/${name:-landing}-$form.json
    lighthouse "$url$page" --output-path="$report" \
      $([ $form = desktop ] && echo --preset=desktop || echo "--throttling.cpuSlowdownMultiplier=$SLOWDOWN")
    node -e '
      const { categories, audits } = JSON.parse(require("fs").readFileSync(process.argv[1]));
      const scores = Object.values(categories).map((c) => `${c.id} ${Math.round(c.score * 100)}`).join("  ");
      const metrics = { FCP: "first-contentful-paint", LCP: "largest-contentful-paint", SI: "speed-index", TBT: "total-blocking-time", CLS: "cumulative-layout-shift" };
      const values = Object.entries(metrics).map(([name, id]) => `${name} ${audits[id].displayValue}`).join("  ");
      console.log(process.argv[2].padEnd(38), scores, "", values);
    ' "$report" "$page $form"
  done
done
