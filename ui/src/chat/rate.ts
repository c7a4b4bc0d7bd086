import type { Usage } from "@/gateway/chat-stream";
import type { Answer } from "./types";

/**
 * Tokens per second after the first one, or null when it is not known. Chunks are not tokens, so only
 * reported usage counts.
 */
export function rateOf(timing: Answer["timing"], usage: Usage | undefined): number | null {
  const { firstMs, totalMs } = timing;
  const tokens = usage?.completion_tokens;
  if (firstMs === undefined || totalMs === undefined || typeof tokens !== "number" || tokens < 2) return null;
  const streaming = (totalMs - firstMs) / 1000;
  return streaming > 0.01 ? (tokens - 1) / streaming : null;
}
