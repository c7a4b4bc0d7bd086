import type { Model } from "@/gateway/models";

/** Healthy competitors: model ids that stand for exactly themselves. */
export function healthyCompetitors(models: Model[]): string[] {
  return models
    .filter(
      ({ id, janus }) =>
        janus.state === "healthy" && janus.competitor_ids.length === 1 && janus.competitor_ids[0] === id,
    )
    .map(({ id }) => id);
}

/** Two different ones in random order, or null when there are not two. */
export function draw(competitors: string[], random: () => number = Math.random): [string, string] | null {
  const left = [...competitors];
  const take = () => left.splice(Math.floor(random() * left.length), 1)[0];
  const [one, other] = [take(), take()];
  return one !== undefined && other !== undefined ? [one, other] : null;
}
