"use client";

import { asHistory, asRun, type Entry, type RunDetail } from "@/gateway/competition";
import { useOptional } from "@/gateway/use-optional";
import { HistoryChart } from "./history-chart";
import { COMPONENTS, WEIGHTS } from "./leaderboard";

/** What one score is made of, benchmark by benchmark and task by task, and how it went over time. */
export function EntryDetails({ entry, suite }: { entry: Entry; suite: string }) {
  const query = new URLSearchParams({ competitor: entry.competitor_id, suite });
  const history = useOptional(`/api/competition/history?${query}`, asHistory);
  const run = useOptional(`/api/competition/runs/${encodeURIComponent(entry.run_id)}`, asRun);
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <div className="min-w-0">
        <h3 className="font-semibold">
          Points by component, of the latest of {entry.runs} {entry.runs === 1 ? "run" : "runs"}
        </h3>
        <dl className="mt-3 space-y-2">
          {COMPONENTS.map((name) => {
            const estimate = entry.components[name];
            return (
              <div
                key={name}
                className="grid grid-cols-[5.5rem_1fr_6.5rem] items-center gap-3 whitespace-nowrap text-sm"
              >
                <dt className="capitalize">{name}</dt>
                <dd aria-hidden className="h-2 overflow-hidden rounded-full bg-well">
                  <div
                    className="h-full rounded-full bg-moss"
                    style={{ width: `${estimate?.value ?? 0}%` }}
                  />
                </dd>
                <dd className="font-code text-muted">
                  {estimate
                    ? `${((estimate.value * WEIGHTS[name]) / 100).toFixed(1)} of ${WEIGHTS[name]}`
                    : "not measured"}
                </dd>
              </div>
            );
          })}
        </dl>
        {history.kind === "read" && <HistoryChart points={history.value.points} />}
      </div>
      <div className="min-w-0">
        {run.kind === "asking" && <p className="text-muted">Asking the gateway</p>}
        {run.kind === "failed" && <p className="text-rose">{run.why}</p>}
        {run.kind === "read" && <Tasks run={run.value} />}
      </div>
    </div>
  );
}

function Tasks({ run }: { run: RunDetail }) {
  const benchmarks = Object.entries(run.benchmarks);
  return (
    <>
      {benchmarks.length > 0 && (
        <>
          <h3 className="font-semibold">Benchmarks</h3>
          <dl className="mt-3 mb-6 space-y-1.5 text-sm">
            {benchmarks.map(([name, figure]) => (
              <div key={name} className="flex justify-between gap-4">
                <dt className="min-w-0 truncate">{name}</dt>
                <dd className="shrink-0 font-code text-muted">
                  {figure.value.toFixed(1)} · {figure.low.toFixed(1)} to {figure.high.toFixed(1)}
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <h3 className="font-semibold">Tasks</h3>
      <ul
        className="mt-3 max-h-72 space-y-1.5 overflow-y-auto text-sm"
        tabIndex={0}
        aria-label={`Tasks of ${run.competitor_id}`}
      >
        {run.tasks.map((task) => (
          <li key={`${task.id} ${task.repeat}`} className="flex justify-between gap-4">
            <span className="min-w-0 truncate">{task.id}</span>
            <span className="shrink-0 font-code text-muted">{outcome(task)}</span>
          </li>
        ))}
      </ul>
      <p className="mt-4 font-code text-muted text-xs [overflow-wrap:anywhere]">
        {run.run_id} · signed by {run.signed_by} · {run.measured_at.slice(0, 10)}
      </p>
    </>
  );
}

function outcome({ score, failed }: RunDetail["tasks"][number]): string {
  const shown = score === null ? "not scored" : (score * 100).toFixed(0);
  return failed ? `${shown} · failed` : shown;
}
