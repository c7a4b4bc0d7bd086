"use client";

import { useState } from "react";
import type { TrialResult } from "@/gateway/competition";
import { postJson } from "@/gateway/post-json";

type State =
  | { kind: "none" | "running" }
  | { kind: "done"; result: TrialResult }
  | { kind: "failed"; why: string };

/** One component's trials, one at a time. */
export function useTrial(componentId: string) {
  const [state, setState] = useState<State>({ kind: "none" });
  const run = async (input: string) => {
    setState({ kind: "running" });
    const path = `/api/marketplace/components/${encodeURIComponent(componentId)}/try`;
    try {
      setState({ kind: "done", result: await postJson<TrialResult>(path, { input }) });
    } catch (reason) {
      setState({ kind: "failed", why: reason instanceof Error ? reason.message : String(reason) });
    }
  };
  return { state, run };
}

/** What came back. It is shown as text, never as markup. */
export function TrialOutput({ state }: { state: State }) {
  return (
    <div role="status" className="min-w-0" data-testid="trial" data-state={state.kind}>
      {state.kind === "running" && <p className="mt-5 text-muted">Waiting for the answer</p>}
      {state.kind === "failed" && <p className="mt-5 text-rose [overflow-wrap:anywhere]">{state.why}</p>}
      {state.kind === "done" && (
        <div className="mt-5 border-line border-t pt-4">
          <pre
            className="max-h-96 overflow-auto whitespace-pre-wrap rounded-2xl bg-well p-4 font-code text-sm [overflow-wrap:anywhere]"
            role="region"
            tabIndex={0}
            aria-label="Output"
          >
            {state.result.output}
          </pre>
          <p className="mt-3 font-code text-muted text-xs">
            {state.result.call} · {Math.round(state.result.seconds * 1000)} ms
            {state.result.truncated && " · cut short"}
          </p>
        </div>
      )}
    </div>
  );
}
