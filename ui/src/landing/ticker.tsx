"use client";

import { useEffect, useState } from "react";
import { asLeaderboard, asRatings, type Leaderboard, type Ratings } from "@/gateway/competition";
import { gatewayHealth, type Health, listModels, type Model } from "@/gateway/models";
import { readOptional } from "@/gateway/optional";

const EVERY_MS = 10_000;

type Reading =
  | { state: "asking" }
  | { state: "unreachable" }
  | {
      state: "read";
      health: Health;
      models: Model[];
      roundTripMs: number;
      leaderboard: Leaderboard | null;
      ratings: Ratings | null;
    };

/** What the gateway says of itself right now. Nothing is shown that was not just read. */
export function Ticker() {
  const reading = useReading();
  return (
    <section aria-label="The gateway right now" className="glass rounded-2xl">
      <dl className="grid grid-cols-2 divide-line sm:grid-cols-3 lg:grid-cols-6 lg:divide-x">
        {facts(reading).map(([name, value]) => (
          <div key={name} className="min-w-0 px-5 py-4">
            <dt className="text-muted text-sm">{name}</dt>
            <dd className="mt-1 truncate font-code text-lg" data-testid={`ticker-${name}`}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function useReading(): Reading {
  const [reading, setReading] = useState<Reading>({ state: "asking" });
  useEffect(() => {
    const leaving = new AbortController();
    const look = async () => {
      if (document.hidden) return;
      setReading(await read(leaving.signal));
    };
    void look();
    const timer = setInterval(look, EVERY_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, []);
  return reading;
}

async function read(signal: AbortSignal): Promise<Reading> {
  const asked = performance.now();
  try {
    const health = await gatewayHealth(signal);
    const roundTripMs = performance.now() - asked;
    const [models, leaderboard, ratings] = await Promise.all([
      listModels(signal),
      readOptional("/api/competition/leaderboard", asLeaderboard, signal),
      readOptional("/api/competition/arena/ratings", asRatings, signal),
    ]);
    return {
      state: "read",
      health,
      models,
      roundTripMs,
      leaderboard: leaderboard.kind === "read" ? leaderboard.value : null,
      ratings: ratings.kind === "read" ? ratings.value : null,
    };
  } catch {
    return { state: "unreachable" };
  }
}

function leaderOf(leaderboard: Leaderboard | null): string {
  const first = leaderboard?.entries[0];
  if (!first) return leaderboard ? "none yet" : "–";
  return `${first.competitor_id} · ${first.score.value.toFixed(1)}`;
}

function facts(reading: Reading): [string, string][] {
  if (reading.state !== "read") {
    const gateway = reading.state === "asking" ? "asking" : "unreachable";
    return [
      ["Gateway", gateway],
      ["Competitors", "–"],
      ["Healthy now", "–"],
      ["Round trip", "–"],
      ["Leader", "–"],
      ["Blind votes", "–"],
    ];
  }
  const competitors = new Set(reading.models.flatMap((model) => model.janus.competitor_ids));
  const healthy = new Set(
    reading.models
      .filter((model) => model.janus.state === "healthy" && model.janus.competitor_ids.length === 1)
      .flatMap((model) => model.janus.competitor_ids),
  );
  return [
    ["Gateway", `${reading.health.status} · v${reading.health.version}`],
    ["Competitors", String(competitors.size)],
    ["Healthy now", String(healthy.size)],
    ["Round trip", `${reading.roundTripMs.toFixed(0)} ms`],
    ["Leader", leaderOf(reading.leaderboard)],
    ["Blind votes", reading.ratings ? String(reading.ratings.votes) : "–"],
  ];
}
