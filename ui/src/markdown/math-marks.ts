import { CodeLines } from "./code-lines";

// First what stays as it is: escaped signs, code in a line between as many backticks at both ends, and math in the
// renderer's own form. Then LaTeX's marks and single dollars. All insides are bounded, so that no text makes this slow.
// A dollar opens where no word ends and no space follows, and closes where no space precedes and no word begins
// (Pandoc's rule): prices and shell variables do neither.
const KEPT = /\\[\\`$]|(?<!`)(?<ticks>`+)(?!`)[\s\S]{0,1000}?(?<!`)\k<ticks>(?!`)|\$\$[\s\S]*?(?:\$\$|$)/;
const INLINE = /\\\((?<inline>[^\n]{1,400}?)\\\)/;
const BLOCK = /\\\[(?<block>[\s\S]{1,2000}?)\\\]/;
const BETWEEN = /(?<!\w)\$(?=[^\s$])(?<between>[^$`\n]{0,199}[^\s$`\\])\$(?!\w)/;
const MARKS = new RegExp([KEPT, INLINE, BLOCK, BETWEEN].map(({ source }) => source).join("|"), "g");
const SOME = /\\[([]|\$/;

/** The text with `\( \)`, `\[ \]` and `$ $` in the one form that the renderer knows, `$$ $$`. Code stays as it is. */
export function withDollarMath(text: string): string {
  if (!SOME.test(text)) return text;
  return pieces(text)
    .map(({ code, text }) => (code ? text : withMarks(text)))
    .join("");
}

interface Piece {
  code: boolean;
  text: string;
}

/** The text in pieces that are either whole lines of code or none. */
function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  const lines = new CodeLines();
  for (const line of text.split(/(?<=\n)/)) {
    const code = lines.read(line.trimEnd()) !== "text";
    const last = found.at(-1);
    if (last?.code === code) last.text += line;
    else found.push({ code, text: line });
  }
  return found;
}

function withMarks(text: string): string {
  return text.replace(MARKS, (whole, ...rest) => {
    const { inline, block, between } = rest.at(-1) as Record<string, string | undefined>;
    if (block !== undefined) return `\n$$\n${block.trim()}\n$$\n`;
    const math = inline ?? between;
    return math === undefined ? whole : `$$${math.trim()}$$`;
  });
}
