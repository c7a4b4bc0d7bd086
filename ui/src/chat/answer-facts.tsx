import type { Usage } from "@/gateway/chat-stream";
import { rateOf } from "./rate";
import type { Answer } from "./types";

/** What an answer took. A figure that nobody measured or reported is not shown. */
export function AnswerFacts({ answer }: { answer: Answer }) {
  const facts = factsOf(answer);
  if (!facts.length) return null;
  return (
    <dl className="ml-2 flex flex-wrap gap-x-3 font-code text-muted text-xs" data-testid="facts">
      {facts.map(([name, value]) => (
        <div key={name} className="flex gap-1" title={name}>
          <dt className="sr-only">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function factsOf({ timing, usage }: Answer): [string, string][] {
  const facts: [string, string][] = [];
  if (timing.firstMs !== undefined)
    facts.push(["Time to the first word", `${seconds(timing.firstMs)} to first word`]);
  const rate = rateOf(timing, isEstimate(usage) ? undefined : usage);
  if (rate !== null) facts.push(["Rate", `${rate.toFixed(rate < 10 ? 1 : 0)} tok/s`]);
  if (isCount(usage?.prompt_tokens) && isCount(usage.completion_tokens) && !isEstimate(usage)) {
    facts.push(["Tokens read and written", `${usage.prompt_tokens} → ${usage.completion_tokens} tokens`]);
  }
  if (isCount(usage?.cost_usd)) facts.push(["Cost", dollars(usage.cost_usd)]);
  if (isCount(usage?.sandbox_seconds))
    facts.push(["Sandbox time", `${usage.sandbox_seconds.toFixed(1)} s sandbox`]);
  if (timing.totalMs !== undefined) facts.push(["Time in all", `${seconds(timing.totalMs)} in all`]);
  return facts;
}

/** Tokens that nobody counted: Janus estimated them from the length of the text. */
function isEstimate(usage: Usage | undefined): boolean {
  return usage?.janus?.source === "estimated";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function dollars(cost: number): string {
  return cost === 0 ? "$0" : `$${cost < 0.01 ? cost.toPrecision(2) : cost.toFixed(3)}`;
}
