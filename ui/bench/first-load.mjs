// Prints the JavaScript that each page of the export loads at first, gzip kB.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { scriptsOf } from "../scripts/scripts-after-paint.mjs";

const OUT = new URL("../out/", import.meta.url).pathname;
for (const page of readdirSync(OUT).filter((name) => name.endsWith(".html"))) {
  const bytes = scriptsOf(readFileSync(OUT + page, "utf8"))
    .map((file) => gzipSync(readFileSync(OUT + file), { level: 9 }).length)
    .reduce((sum, size) => sum + size, 0);
  console.log(page.padEnd(24), `${(bytes / 1000).toFixed(1)} kB`);
}
