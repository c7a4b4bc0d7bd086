// Finishes the export: pages ask for their fonts at once, and a .br and a .gz stand beside every file that shrinks,
// so that the edge compresses nothing.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = "out";
const TEXT = /\.(html|js|css|json|svg|txt|webmanifest|xml)$/;
const SMALLEST = 512; // bytes; below, a header costs more than it saves
// What the first sight of every page is set in. Found by the style sheets alone, they come after it, and the text
// is painted twice.
const FIRST_FONTS = /(bricolage-grotesque|hanken-grotesk)-latin-wght-normal/;

const names = readdirSync(OUT, { recursive: true });
const fonts = names.filter((name) => name.endsWith(".woff2") && FIRST_FONTS.test(name));
const preloads = fonts.map(
  (name) => `<link rel="preload" href="/${name}" as="font" type="font/woff2" crossorigin=""/>`,
);
for (const name of names.filter((name) => name.endsWith(".html"))) {
  const file = join(OUT, name);
  writeFileSync(file, readFileSync(file, "utf8").replace("<head>", `<head>${preloads.join("")}`));
}

for (const name of names.filter((name) => TEXT.test(name))) {
  const file = join(OUT, name);
  const plain = readFileSync(file);
  if (plain.length < SMALLEST) continue;
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }));
}
