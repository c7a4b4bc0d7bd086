import type { Draft } from "./draft";
import type { Message } from "./types";

/** An answer that this page receives. */
export interface UnderWay {
  draft: Draft;
  sessionId: string;
  stop: AbortController;
}

const underWay = new Map<string, UnderWay>();

export function begins(answer: UnderWay): void {
  underWay.set(answer.draft.id, answer);
}

export function ends(messageId: string): void {
  underWay.delete(messageId);
}

export function isUnderWay(messageId: string): boolean {
  return underWay.has(messageId);
}

/** The answers as they stand. */
export function messagesUnderWay(): Message[] {
  return [...underWay.values()].map(({ draft }) => draft.message());
}

/** Ends an answer where it stands, when it is this page that receives it; its competitor stops working. */
export function stopHere(messageId: string): void {
  underWay.get(messageId)?.stop.abort();
}

/** Ends all answers of a session. */
export function stopIn(sessionId: string): void {
  for (const answer of underWay.values()) if (answer.sessionId === sessionId) answer.stop.abort();
}
