// Prints the JavaScript that each page of the export loads at first, gzip kB.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const OUT = new URL("../out/", import.meta.url).pathname;
for (const page of readdirSync(OUT).filter((name) => name.endsWith(".html"))) {
  const html = readFileSync(OUT + page, "utf8");
  const scripts = [...html.matchAll(/<script([^>]*) src="([^"]+)"([^>]*)>/g)].filter(
    ([, before, , after]) => !/noModule/i.test(before + after), // browsers of today skip those
  );
  const files = new Set(scripts.map(([, , src]) => src.split("?")[0]));
  const bytes = [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(OUT + file), { level: 9 }).length,
    0,
  );
  console.log(page.padEnd(24), `${(bytes / 1000).toFixed(1)} kB`);
}
