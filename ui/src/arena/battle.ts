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

/** What became of a vote, in words. */
export function told({ counted, reason }: Reveal): string {
  return counted
    ? "Your vote is stored."
    : `Your vote is stored and does not count: ${REASONS[reason] ?? reason}.`;
}
