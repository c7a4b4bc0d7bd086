"use client";

import { type ComponentProps, memo } from "react";
import { Block } from "streamdown";

type BlockProps = ComponentProps<typeof Block>;

const FENCE = /^ {0,3}(```|~~~)/;
const LONGEST_PROSE = 20_000; // characters in one block: a table of some hundred rows
const LONGEST_CODE = 60_000;
const LONGEST_CODE_LINE = 3_000;

/** One block of Markdown; one that would freeze the page is shown as the text it is. */
export const BoundedBlock = memo(function BoundedBlock(props: BlockProps) {
  if (isTooMuch(props.content)) return <p className="plain-text">{props.content}</p>;
  return <Block {...props} />;
});

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
