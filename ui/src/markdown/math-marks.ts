// Code, which stays as it is; then LaTeX's own marks, with bounded insides so that no text makes this slow.
const MARKS = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)|\\\(([^\n]{1,400}?)\\\)|\\\[([\s\S]{1,2000}?)\\\]/g;

/** The text with `\( \)` and `\[ \]` in the one form that the renderer knows, `$$ $$`. */
export function withDollarMath(text: string): string {
  if (!text.includes("\\(") && !text.includes("\\[")) return text;
  return text.replace(MARKS, (whole, code?: string, inline?: string, block?: string) => {
    if (code !== undefined) return whole;
    return inline !== undefined ? `$$${inline.trim()}$$` : `\n$$\n${block?.trim()}\n$$\n`;
  });
}
