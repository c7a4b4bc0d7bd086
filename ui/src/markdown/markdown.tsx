"use client";

import { Component, lazy, memo, type ReactNode, Suspense, useRef } from "react";
import { isTooDeep } from "./bounds";
import { withDollarMath } from "./math-marks";
import { patiently } from "./patiently";
import { segmentsOf } from "./segments";
import { withoutReordering } from "./text-tricks";

const rendered = () => patiently(() => import("./rendered"));
const Rendered = lazy(rendered);

/** Beyond this a text is not worth more than to be shown, and no answer for people is as long. */
const LONGEST = 600_000; // characters

/** Fetches the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  void rendered();
}

/** A model's Markdown, of which only the end is rendered anew as it grows. */
export const Markdown = memo(function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  const known = useRef<string[]>([]);
  if (text.length > LONGEST) return <p className="plain-text">{withoutReordering(text)}</p>;
  known.current = segmentsOf(text, known.current);
  const last = known.current.length - 1;
  return known.current.map((segment, index) => (
    <Segment key={index} text={segment} streaming={streaming && index === last} settled={index < last} />
  ));
});

interface SegmentProps {
  text: string;
  streaming: boolean;
  settled: boolean;
}

/** A piece of Markdown. Until the renderer is there, and where it would fail, it is plain text. */
const Segment = memo(function Segment({ text, streaming, settled }: SegmentProps) {
  const shown = withDollarMath(withoutReordering(text));
  const plain = (
    <p dir="auto" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
      {shown}
    </p>
  );
  if (isTooDeep(shown)) return <p className="plain-text">{shown}</p>;
  return (
    <div className={settled ? "segment settled" : "segment"}>
      <OrElse fallback={plain}>
        <Suspense fallback={plain}>
          <Rendered text={shown} streaming={streaming} />
        </Suspense>
      </OrElse>
    </div>
  );
});

/** Shows the fallback when its children throw, as over a text beyond all bounds. */
class OrElse extends Component<{ fallback: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
