#!/usr/bin/env bash
# Lighthouse on every page of a running Janus, mobile and desktop: ui/bench/lighthouse.sh [URL]
set -euo pipefail
url=${1:-http://127.0.0.1:8000}
export CHROME_PATH=/usr/bin/chromium
mkdir -p build/lighthouse
for page in "" chat competition arena marketplace marketplace/inference-proxy; do
  for form in mobile desktop; do
    report=build/lighthouse/$(tr / - <<<"${page:-landing}")-$form.json
    npm exec --yes --silent -- lighthouse@12.8.2 "$url/$page" --quiet --output=json --output-path="$report" \
      $([ $form = desktop ] && echo --preset=desktop) --chrome-flags="--headless --no-sandbox --disable-gpu --disable-quic"
    node -e '
      const { categories, audits } = JSON.parse(require("fs").readFileSync(process.argv[1]));
      const scores = Object.values(categories).map((c) => `${c.id} ${Math.round(c.score * 100)}`).join("  ");
      console.log(process.argv[2].padEnd(38), scores, " LCP", audits["largest-contentful-paint"].displayValue);
    ' "$report" "/$page $form"
  done
done
