import { gatewayUrl } from "@/gateway/base-url";

export type Verdict = "left" | "right" | "tie" | "both_bad";

export interface Vote {
  prompt: string;
  left: string; // competitor id
  right: string;
  verdict: Verdict;
}

export type Stored = "stored" | "no_service" | "failed";

/** Hands a vote to the competition service, where there is one. */
export async function cast(vote: Vote): Promise<Stored> {
  try {
    const response = await fetch(gatewayUrl("/api/competition/arena/votes"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(vote),
    });
    if (response.ok) return "stored";
    return [404, 405, 501, 503].includes(response.status) ? "no_service" : "failed";
  } catch {
    return "failed";
  }
}
