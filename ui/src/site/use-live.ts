"use client";

import { startTransition, useEffect, useState } from "react";

/**
 * Whether the page's scripts have taken over from the HTML that came first. What is typed or pressed before would be
 * lost, so until then fields and buttons are disabled.
 *
 * In a transition: all who ask are told at once, and drawn anew in slices instead of in one long task.
 */
export function useLive(): boolean {
  const [live, setLive] = useState(false);
  useEffect(() => startTransition(() => setLive(true)), []);
  return live;
}
