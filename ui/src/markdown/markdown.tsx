"use client";

import { Component, lazy, memo, type ReactNode, Suspense } from "react";
import { isTooDeep } from "./bounds";
import { withDollarMath } from "./math-marks";
import { withoutReordering } from "./text-tricks";

const rendered = () => import("./rendered");
const Rendered = lazy(rendered);

/** Beyond this a text is not worth parsing twenty times a second, and no answer for people is as long. */
const LONGEST = 600_000; // characters

/** Fetches the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  void rendered();
}

/** A model's Markdown. Until the renderer is there, and where it would fail, it is plain text. */
export const Markdown = memo(function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  const shown = withDollarMath(withoutReordering(text));
  const plain = (
    <p dir="auto" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
      {shown}
    </p>
  );
  if (shown.length > LONGEST || isTooDeep(shown)) return <p className="plain-text">{shown}</p>;
  return (
    <OrElse fallback={plain}>
      <Suspense fallback={plain}>
        <Rendered text={shown} streaming={streaming} />
      </Suspense>
    </OrElse>
  );
});

/** Shows the fallback when its children throw: a chunk that cannot be fetched, or a text beyond all bounds. */
class OrElse extends Component<{ fallback: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
