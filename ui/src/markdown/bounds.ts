const FENCE = /^ {0,3}(```|~~~)/;
const LONGEST_PROSE = 20_000; // characters in one block: a table of some hundred rows
const LONGEST_CODE = 60_000;
const LONGEST_CODE_LINE = 3_000;

// Quotes in quotes and lists in lists; parsers follow them down by recursion.
const DEEP = /^[ \t]*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+){40,}/m;
const DEEP_BRACKETS = /[[*_~]{200,}/;

/** Whether a text nests deeper than can be parsed. */
export function isTooDeep(text: string): boolean {
  return DEEP.test(text) || DEEP_BRACKETS.test(text);
}

/** Whether a block of Markdown is larger than can be shown as more than text. */
export function isTooMuch(content: string): boolean {
  if (!FENCE.test(content)) return content.length > LONGEST_PROSE;
  return content.length > LONGEST_CODE || hasLongLine(content);
}

function hasLongLine(content: string): boolean {
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf("\n", start);
    const stop = end < 0 ? content.length : end;
    if (stop - start > LONGEST_CODE_LINE) return true;
    start = stop + 1;
  }
  return false;
}
