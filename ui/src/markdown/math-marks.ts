// What stays as it is, code and math in the renderer's own form; then LaTeX's marks and single dollars, with bounded
// insides so that no text makes this slow. A dollar opens where no word ends and no space follows, and closes where no
// space precedes and no word begins (Pandoc's rule): prices and shell variables do neither.
const MARKS =
  /(```[\s\S]*?(?:```|$)|`[^`\n]*`|\$\$[\s\S]*?(?:\$\$|$)|\\\$)|\\\(([^\n]{1,400}?)\\\)|\\\[([\s\S]{1,2000}?)\\\]|(?<!\w)\$(?=[^\s$])([^$`\n]{0,199}[^\s$`\\])\$(?!\w)/g;
const SOME = /\\[([]|\$/;

/** The text with `\( \)`, `\[ \]` and `$ $` in the one form that the renderer knows, `$$ $$`. */
export function withDollarMath(text: string): string {
  if (!SOME.test(text)) return text;
  return text.replace(MARKS, (whole, kept?: string, inline?: string, block?: string, between?: string) => {
    if (kept !== undefined) return whole;
    if (block !== undefined) return `\n$$\n${block.trim()}\n$$\n`;
    return `$$${(inline ?? between)?.trim()}$$`;
  });
}
