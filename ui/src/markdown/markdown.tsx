"use client";

import { lazy, memo, Suspense } from "react";

const rendered = () => import("./rendered");
const Rendered = lazy(rendered);

/** Fetches the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  void rendered();
}

/** A model's Markdown. Until the renderer is there, and if it fails, it is plain text. */
export const Markdown = memo(function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Suspense fallback={<p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>}>
      <Rendered text={text} streaming={streaming} />
    </Suspense>
  );
});
