import type { Question } from "@/gateway/chat-stream";
import type { Battle, Reveal, Verdict } from "@/gateway/competition";
import { postJson } from "@/gateway/post-json";

const ARENA = "/api/competition/arena";

export type Side = "left" | "right";

/** Has two competitors drawn. Who they are stays with the service. Throws `GatewayError`. */
export function openBattle(prompt: string): Promise<Battle> {
  return postJson<Battle>(`${ARENA}/battles`, { prompt });
}

/** One side's answer, to be streamed. */
export function sideQuestion({ token }: Battle, side: Side): Question {
  return { path: `${ARENA}/answers`, body: { token, side } };
}

/** Votes, and learns who they were. Throws `GatewayError`. */
export function vote({ token }: Battle, verdict: Verdict): Promise<Reveal> {
  return postJson<Reveal>(`${ARENA}/votes`, { token, verdict });
}

const REASONS: Record<string, string> = {
  identical_answers: "both said the same",
  incomplete_answer: "an answer did not come to its end",
};

export const VERDICTS: Record<Verdict, string> = {
  left: "A is better",
  right: "B is better",
  tie: "A tie",
  both_bad: "Neither is good",
};

/** What was voted and what became of it, in words. */
export function told(verdict: Verdict, { counted, reason }: Reveal): string {
  const stored = `Your vote is stored: ${VERDICTS[verdict]}`;
  return counted ? `${stored}.` : `${stored}. It does not count: ${REASONS[reason] ?? reason}.`;
}
