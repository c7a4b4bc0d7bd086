import { CodeLines } from "./code-lines";

const ENOUGH = 2_500; // characters of a segment before it may end
const LONGEST_LINE = 400; // characters of a line that are looked at
const MATH = /^ {0,3}\$\$[^$]*$/;
/** A line that may belong to what stood before the blank line: more of a list, a quote, a table, code. */
const GOES_ON = /^(?:[ \t>|]|[-*+][ \t]|\d+[.)]|$)/;

/**
 * A text in pieces that can be rendered each on its own, so that more text costs the last piece only.
 * `known` are the pieces of the text as it was before; those that are settled are taken over unread.
 */
export function segmentsOf(text: string, known: string[] = []): string[] {
  const settled = known.slice(0, -1);
  let start = settled.reduce((sum, segment) => sum + segment.length, 0);
  const last = settled.at(-1) ?? "";
  if (!text.startsWith(last, start - last.length)) return segmentsOf(text);
  const segments = settled;
  for (let end = endOf(text, start); end > 0; end = endOf(text, start)) {
    segments.push(text.slice(start, end));
    start = end;
  }
  segments.push(text.slice(start));
  return segments;
}

/** Where the segment that begins at `start` can be cut; 0 when that is not known yet. */
function endOf(text: string, start: number): number {
  const code = new CodeLines();
  let math = false;
  let blank = false;
  for (let at = start; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    if (newline < 0) return 0; // the last line may still become anything
    const line = text.slice(at, Math.min(newline, at + LONGEST_LINE));
    if (blank && !code.inFence && !math && at - start >= ENOUGH && !GOES_ON.test(line)) return at;
    const kind = math ? "text" : code.read(line);
    if (kind === "text" && MATH.test(line)) math = !math;
    blank = line.trim() === "";
    at = newline + 1;
  }
  return 0;
}
