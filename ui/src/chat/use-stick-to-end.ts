"use client";

import { type RefObject, useEffect, useRef, useState } from "react";

const NEAR_PX = 48;

/** Keeps a scrolling box at its end while its content grows, until its reader scrolls away. */
export function useStickToEnd(): {
  viewport: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  away: boolean;
  toEnd: () => void;
} {
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  useEffect(() => {
    const box = viewport.current;
    const inner = content.current;
    if (!box || !inner) return;
    let following = true;
    let lastTop = box.scrollTop;
    const scrolled = () => {
      const left = box.scrollHeight - box.clientHeight - box.scrollTop;
      // Growth moves the end away without a scroll upwards; only the latter is the reader's wish.
      if (left <= NEAR_PX) following = true;
      else if (box.scrollTop < lastTop - 1) following = false;
      lastTop = box.scrollTop;
      setAway(!following && left > NEAR_PX);
    };
    const grown = new ResizeObserver(() => {
      if (following) box.scrollTop = box.scrollHeight;
    });
    grown.observe(inner);
    grown.observe(box);
    box.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      grown.disconnect();
      box.removeEventListener("scroll", scrolled);
    };
  }, []);
  const toEnd = () => viewport.current?.scrollTo({ top: viewport.current.scrollHeight, behavior: "smooth" });
  return { viewport, content, away, toEnd };
}
