// Finishes the export: each page brings its styles along and asks for its fonts at once, its scripts come after its
// first paint, and a .br and a .gz stand beside every file that shrinks, so that the edge compresses nothing.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { withFirstFonts } from "./first-fonts.mjs";
import { scriptsAfterPaint } from "./scripts-after-paint.mjs";

const OUT = "out";
const TEXT = /\.(html|js|css|json|svg|txt|webmanifest|xml)$/;
const SMALLEST = 512; // bytes; below, a header costs more than it saves
// What the first sight of every page is set in. Found by the styles alone, they come after them, and the text is
// painted twice.
const FIRST_FONTS = /(bricolage-grotesque|hanken-grotesk)-latin-wght-normal-first/;

const files = (ending) => readdirSync(OUT, { recursive: true }).filter((name) => name.endsWith(ending));

for (const name of files(".css")) {
  const styles = readFileSync(join(OUT, name), "utf8");
  writeFileSync(join(OUT, name), await withFirstFonts(styles, posix.dirname(name), OUT));
}

const preloads = files(".woff2")
  .filter((name) => FIRST_FONTS.test(name))
  .map((name) => `<link rel="preload" href="/${name}" as="font" type="font/woff2" crossorigin=""/>`)
  .join("");
for (const name of files(".html")) {
  const file = join(OUT, name);
  const page = scriptsAfterPaint(stylesWithin(readFileSync(file, "utf8")));
  writeFileSync(
    file,
    page.replace("<head>", () => `<head>${preloads}`),
  );
}

/**
 * The page with its style sheets in it: one round trip less before anything shows. The links stay, disabled, which
 * keeps them from being fetched: React takes a style sheet that it finds no link to for one to load.
 */
function stylesWithin(page) {
  return page.replace(/<link rel="stylesheet" href="([^"]+)"([^>]*)>/g, (_, href, rest) => {
    const styles = readFileSync(join(OUT, href), "utf8").replace(
      /url\(("?)(\.\.?\/[^)"]+)\1\)/g,
      (_, quote, path) => `url(${quote}${posix.join(posix.dirname(href), path)}${quote})`,
    );
    return `<style>${styles}</style><link rel="stylesheet" href="${href}" disabled=""${rest}>`;
  });
}

for (const name of files("").filter((name) => TEXT.test(name))) {
  const file = join(OUT, name);
  const plain = readFileSync(file);
  if (plain.length < SMALLEST) continue;
  const quality = name.endsWith(".html") ? 11 : 9; // the best takes long, and pages are what one waits for
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }));
}
