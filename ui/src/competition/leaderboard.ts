import { isRecord } from "@/gateway/errors";

/** A figure with the bounds of its 95% confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export interface Entry {
  competitor_id: string;
  tier: string;
  runs: number;
  score: Estimate; // 0 to 100
  components: Partial<Record<ComponentName, Estimate>>; // each 0 to 100
  tasks: { name: string; score: number; runs: number }[];
  history: { at: string; score: number }[]; // oldest first
}

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

/** The entries of `{"entries": [...]}`; those without a competitor and a score are left out. */
export function entriesOf(body: unknown): Entry[] {
  const list = isRecord(body) && Array.isArray(body.entries) ? body.entries : [];
  return list.flatMap((value) => entryOf(value) ?? []);
}

function entryOf(value: unknown): Entry | null {
  if (!isRecord(value) || typeof value.competitor_id !== "string") return null;
  const score = estimateOf(value.score);
  if (!score) return null;
  const components = isRecord(value.components) ? value.components : {};
  return {
    competitor_id: value.competitor_id,
    tier: typeof value.tier === "string" ? value.tier : "",
    runs: typeof value.runs === "number" ? value.runs : 0,
    score,
    components: Object.fromEntries(
      COMPONENTS.flatMap((name) => {
        const estimate = estimateOf(components[name]);
        return estimate ? [[name, estimate]] : [];
      }),
    ),
    tasks: listOf(value.tasks, ["name"], ["score", "runs"]) as Entry["tasks"],
    history: listOf(value.history, ["at"], ["score"]) as Entry["history"],
  };
}

function estimateOf(value: unknown): Estimate | null {
  if (!isRecord(value)) return null;
  const { value: middle, low, high } = value;
  if (![middle, low, high].every((figure) => typeof figure === "number" && Number.isFinite(figure)))
    return null;
  return { value: middle as number, low: low as number, high: high as number };
}

function listOf(value: unknown, texts: string[], figures: string[]): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (item): item is Record<string, unknown> =>
      isRecord(item) &&
      texts.every((name) => typeof item[name] === "string") &&
      figures.every((name) => typeof item[name] === "number"),
  );
}

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
