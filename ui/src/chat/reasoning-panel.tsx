import { Box, ChevronRight, Route, Sparkle, Wrench } from "lucide-react";
import { withoutReordering } from "@/markdown/text-tricks";
import type { Answer, Step } from "./types";

/** How an answer was made: its steps in time and its reasoning. Closed until somebody wants to know. */
export function ReasoningPanel({ answer, thinking }: { answer: Answer; thinking: boolean }) {
  const { reasoning, steps, toolCalls } = answer;
  if (!reasoning && !steps.length && !toolCalls.length) return null;
  return (
    <details className="group/steps mb-3 rounded-2xl border border-line" data-testid="reasoning">
      <summary className="flex min-h-11 list-none items-center gap-2 px-4 py-2 text-muted text-sm">
        <ChevronRight
          size={16}
          aria-hidden
          className="shrink-0 transition-transform group-open/steps:rotate-90"
        />
        <span className="min-w-0 truncate">{thinking && reasoning ? "Thinking" : summaryOf(answer)}</span>
        {thinking && <span aria-hidden className="size-2 shrink-0 animate-pulse rounded-full bg-moss-text" />}
      </summary>
      <div className="border-line border-t px-4 py-3">
        <ol className="space-y-2.5" aria-label="Steps">
          {steps.map((step, index) => (
            <StepRow key={index} step={step} />
          ))}
          {toolCalls.map((call, index) => (
            <li key={index} className="text-sm">
              <Wrench size={15} aria-hidden className="mr-2 inline text-violet" />
              asks for <code className="font-code">{call.name}</code>
              <pre className="mt-1 max-h-40 overflow-auto whitespace-pre-wrap font-code text-muted text-xs [overflow-wrap:anywhere]">
                {call.arguments}
              </pre>
            </li>
          ))}
        </ol>
        {reasoning && (
          <p
            dir="auto"
            className="mt-3 max-h-96 overflow-y-auto whitespace-pre-wrap text-muted text-sm leading-relaxed [overflow-wrap:anywhere] first:mt-0"
            data-testid="reasoning-text"
          >
            {withoutReordering(reasoning)}
          </p>
        )}
      </div>
    </details>
  );
}

function StepRow({ step }: { step: Step }) {
  const Icon = iconOf(step.event);
  return (
    <li className="flex items-baseline gap-2.5 text-sm" data-testid="step">
      <Icon size={15} aria-hidden className="shrink-0 translate-y-0.5 text-moss-text" />
      <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{describe(step)}</span>
      <span className="shrink-0 font-code text-muted text-xs tabular-nums">
        {(step.atMs / 1000).toFixed(2)} s
      </span>
    </li>
  );
}

function summaryOf({ steps, toolCalls, reasoning }: Answer): string {
  const tools = steps.filter((step) => step.event === "tool_start").length + toolCalls.length;
  const sandboxes = steps.filter((step) => step.event === "sandbox_start").length;
  const parts = [
    `${steps.length} ${steps.length === 1 ? "step" : "steps"}`,
    tools && `${tools} ${tools === 1 ? "tool" : "tools"}`,
    sandboxes && "sandbox",
    reasoning && "reasoning",
  ];
  return `How it was made: ${parts.filter(Boolean).join(", ")}`;
}

function iconOf(event: string) {
  if (event === "route") return Route;
  if (event.startsWith("tool")) return Wrench;
  if (event.startsWith("sandbox")) return Box;
  return Sparkle;
}

export function describe({ event, payload }: Step): string {
  const text = (name: string) => (typeof payload[name] === "string" ? (payload[name] as string) : "");
  const tool = text("tool") || text("name");
  switch (event) {
    case "route": {
      const attempt =
        typeof payload.attempt === "number" && payload.attempt > 1 ? `, attempt ${payload.attempt}` : "";
      const reason = text("reason") && ` (by ${text("reason")})`;
      return `Routed to ${text("competitor_id") || "a competitor"}${reason}${attempt}`;
    }
    case "tool_start":
      return `Tool ${tool} started${text("input") && `: ${text("input")}`}`;
    case "tool_end":
      return `Tool ${tool} ended${text("output") && `: ${text("output")}`}`;
    case "sandbox_start":
      return `Sandbox started ${text("sandbox_id") || text("id")}`.trim();
    case "sandbox_end":
      return `Sandbox ended ${text("sandbox_id") || text("id")}`.trim();
  }
  const particulars = JSON.stringify(payload);
  return `${event.replaceAll("_", " ")}${particulars === "{}" ? "" : ` ${particulars.slice(0, 300)}`}`;
}
