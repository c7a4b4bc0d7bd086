import type { Entry } from "@/gateway/competition";

export const COMPONENTS = ["quality", "speed", "cost", "streaming", "modality"] as const;
export type ComponentName = (typeof COMPONENTS)[number];

/** What each component weighs in the score; together 100. */
export const WEIGHTS: Record<ComponentName, number> = {
  quality: 45,
  speed: 20,
  cost: 15,
  streaming: 10,
  modality: 10,
};

export type SortKey = "competitor_id" | "score" | ComponentName;

/** By a column; figures with the best first unless `ascending`. Unknown figures come last. */
export function sorted(entries: Entry[], key: SortKey, ascending: boolean): Entry[] {
  const sign = ascending ? 1 : -1;
  return [...entries].sort((one, other) => {
    if (key === "competitor_id") return sign * one.competitor_id.localeCompare(other.competitor_id);
    const [left, right] = [figure(one, key), figure(other, key)];
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    return sign * (left - right);
  });
}

function figure(entry: Entry, key: Exclude<SortKey, "competitor_id">): number | undefined {
  return key === "score" ? entry.score.value : entry.components[key]?.value;
}
