"use client";

import { useSyncExternalStore } from "react";

const never = () => () => {};

/**
 * Whether the page's scripts have taken over from the HTML that came first. What is typed or pressed before would be
 * lost, so until then fields and buttons are disabled.
 */
export function useLive(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
