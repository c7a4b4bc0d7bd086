// A page's scripts, asked for once the page is seen: before, they would take the line from what is seen.
const SCRIPT = /<script src="([^"]+)" async=""><\/script>/g;
const PRELOAD = /<link rel="preload" as="script"[^>]*>/g;

/** The page with one short script in place of those that it loads. */
export function scriptsAfterPaint(page) {
  const files = [...page.matchAll(SCRIPT)].map(([, src]) => src);
  const rest = page.replace(SCRIPT, "").replace(PRELOAD, "");
  return rest.replace("</body>", () => `<script>(${afterPaint})(${JSON.stringify(files)})</script></body>`);
}

/** The files that such a page loads at first. */
export function scriptsOf(page) {
  const list = /\)\((\[[^\]]*\])\)<\/script><\/body>/.exec(page);
  return list ? JSON.parse(list[1]) : [];
}

/** Runs in the page. A page that nobody sees paints nothing and does not wait for it; nor does one wait for long. */
function afterPaint(files) {
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    for (const src of files) {
      const script = document.createElement("script");
      script.src = src;
      script.async = true;
      document.head.append(script);
    }
  };
  if (document.hidden) begin();
  else new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  setTimeout(begin, 1500);
}
