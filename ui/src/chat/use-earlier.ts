"use client";

import { type RefCallback, type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

const AT_ONCE = 10; // messages

/** The last messages of a path, and more of them whenever the sentinel above them comes near. */
export function useEarlier(
  path: string[],
  viewport: RefObject<HTMLDivElement | null>,
): { shown: string[]; sentinel: RefCallback<HTMLDivElement> } {
  const [first, setFirst] = useState(() => Math.max(0, path.length - AT_ONCE));
  const heightBefore = useRef<number | null>(null);

  // What comes in above must not push away what is being read.
  useLayoutEffect(() => {
    const box = viewport.current;
    if (box && heightBefore.current !== null) box.scrollTop += box.scrollHeight - heightBefore.current;
    heightBefore.current = null;
  });

  // The observer reports only changes: a new one, for each `first`, looks again after each step.
  // biome-ignore lint/correctness/useExhaustiveDependencies: that is why
  const sentinel = useCallback(
    (element: HTMLDivElement | null) => {
      if (!element) return;
      const watcher = new IntersectionObserver(
        ([entry]) => {
          if (!entry?.isIntersecting) return;
          heightBefore.current = viewport.current?.scrollHeight ?? null;
          setFirst((index) => Math.max(0, index - AT_ONCE));
        },
        { root: viewport.current, rootMargin: "600px 0px 0px 0px" },
      );
      watcher.observe(element);
      return () => watcher.disconnect();
    },
    [viewport, first],
  );
  return { shown: path.slice(Math.min(first, Math.max(0, path.length - 1))), sentinel };
}
