// The fonts, cut down to the letters and weights that the pages' own text is set in: half the bytes before the first
// sight is whole. Whatever else somebody writes is set in the uncut fonts, which come when it stands on the page.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import subsetFont from "subset-font";

const RANGE = "U+20-7E,U+A0,U+B7,U+D7,U+2013-2014,U+2018-2019,U+201C-201D,U+2026";
const LETTERS = lettersOf(RANGE);
const WEIGHTS = {
  "bricolage-grotesque": { min: 600, max: 800 },
  "hanken-grotesk": { min: 400, max: 700 },
  "jetbrains-mono": { min: 400, max: 700 },
};
const CUT = new RegExp(
  `@font-face\\{[^}]*url\\(["']?([^)"']*/(${Object.keys(WEIGHTS).join("|")})-latin-wght-normal[^)"']*)[^}]*\\}`,
  "g",
);

/** The styles with a face for the cut after each face that is cut: of two that hold a letter, the later one is used. */
export async function withFirstFonts(styles, folder, out) {
  let result = styles;
  for (const [face, url, family] of styles.matchAll(CUT)) {
    const name = await cut(posix.join(out, folder, url), WEIGHTS[family]);
    const own = face
      .replace(url, posix.join(posix.dirname(url), name))
      .replace(/unicode-range:[^;}]*/, `unicode-range:${RANGE}`);
    result = result.replace(face, () => face + own);
  }
  return result;
}

/** Writes the cut beside the font; gives its name, which changes with what is in it. */
async function cut(file, wght) {
  const bytes = await subsetFont(readFileSync(file), LETTERS, {
    targetFormat: "woff2",
    variationAxes: { wght },
  });
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const name = `${posix.basename(file).split(".")[0]}-first.${hash}.woff2`;
  writeFileSync(posix.join(posix.dirname(file), name), bytes);
  return name;
}

function lettersOf(range) {
  const spans = range.split(",").map((span) =>
    span
      .slice(2)
      .split("-")
      .map((code) => Number.parseInt(code, 16)),
  );
  return spans
    .flatMap(([first, last = first]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
    .map((code) => String.fromCodePoint(code))
    .join("");
}
