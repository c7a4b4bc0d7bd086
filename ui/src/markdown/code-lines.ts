/** What a line is in the Markdown of its text. */
export type Line = "text" | "fence" | "code";

// Marks of quotes and list items, which may stand before whatever a line holds.
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}(?! )| (?= )|$)/;
const OPENS = /^(`{3,}(?=[^`]*$)|~{3,})/;
const TAB = "    ";
const LONGEST = 400; // characters of a line that are looked at
const DEEPEST = 50; // quotes or list items in each other

interface Fence {
  mark: string;
  quotes: number; // in how many quotes it stands
  indent: number; // of the list items it stands in
}

/**
 * Tells code from text, line after line, as CommonMark does: fences of any length in backticks or tildes, which only
 * a fence at least as long of the same sign closes, and code that is indented, both also in quotes and lists.
 */
export class CodeLines {
  private fence: Fence | null = null;
  private items: number[] = []; // columns at which the contents of the open list items begin
  private quotes = 0;
  private mayIndent = true; // indented code cannot interrupt a paragraph

  /** Whether the line after the ones read so far stands inside a fence. */
  get inFence(): boolean {
    return this.fence !== null;
  }

  /** Takes in the next line, without its end. */
  read(line: string): Line {
    const spaced = line.slice(0, LONGEST).replaceAll("\t", TAB);
    if (this.fence) {
      const inside = this.readInFence(this.fence, spaced);
      if (inside) return inside;
    }
    return this.readOutside(spaced);
  }

  private readInFence(fence: Fence, line: string): Line | null {
    const { rest, quotes } = withoutQuotes(line, fence.quotes);
    const blank = !rest.trim();
    if (quotes < fence.quotes || (!blank && indentOf(rest) < fence.indent)) {
      this.fence = null; // what it stood in has ended, and the fence with it
      this.mayIndent = true;
      return null;
    }
    const text = rest.trim();
    const closes =
      text.length >= fence.mark.length &&
      text === (fence.mark[0] as string).repeat(text.length) &&
      indentOf(rest) < fence.indent + TAB.length;
    if (!closes) return "code";
    this.fence = null;
    this.mayIndent = true;
    return "fence";
  }

  private readOutside(whole: string): Line {
    const { rest: line, quotes } = withoutQuotes(whole, DEEPEST);
    if (!line.trim()) {
      this.mayIndent = true;
      return "text";
    }
    if (quotes !== this.quotes) this.items = [];
    this.quotes = quotes;
    const { column, rest } = this.intoItems(line);
    const mark = OPENS.exec(rest.trimStart())?.[1];
    if (indentOf(rest) >= TAB.length) return this.mayIndent ? "code" : "text";
    if (mark) this.fence = { mark, quotes, indent: column };
    this.mayIndent = /^ {0,3}#/.test(rest);
    return mark ? "fence" : "text";
  }

  /** What the line holds in the list items that it belongs to or begins, and the column at which that begins. */
  private intoItems(line: string): { column: number; rest: string } {
    const indent = indentOf(line);
    const lazy = !this.mayIndent; // goes on with a paragraph, wherever it begins
    const kept = this.items.filter((column) => column <= indent);
    if (!lazy || ITEM.test(line.trimStart())) this.items = kept;
    let column = kept.at(-1) ?? 0;
    let rest = line.slice(column);
    for (let item = ITEM.exec(rest); item && this.items.length < DEEPEST; item = ITEM.exec(rest)) {
      const width = item[0].length + (item[3] ? 0 : 1);
      column += width;
      rest = rest.slice(width);
      this.items.push(column);
      this.mayIndent = true;
    }
    return { column, rest };
  }
}

function withoutQuotes(line: string, most: number): { rest: string; quotes: number } {
  let rest = line;
  let quotes = 0;
  for (let mark = QUOTE.exec(rest); mark && quotes < most; mark = QUOTE.exec(rest)) {
    rest = rest.slice(mark[0].length);
    quotes += 1;
  }
  return { rest, quotes };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
