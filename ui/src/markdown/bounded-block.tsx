"use client";

import { type ComponentProps, memo } from "react";
import { Block } from "streamdown";
import { isTooMuch } from "./bounds";

type BlockProps = ComponentProps<typeof Block>;

/** One block of Markdown; one that would freeze the page is shown as the text it is. */
export const BoundedBlock = memo(function BoundedBlock(props: BlockProps) {
  if (isTooMuch(props.content)) return <p className="plain-text">{props.content}</p>;
  return <Block {...props} />;
});
