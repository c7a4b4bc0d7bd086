import { HistoryChart } from "./history-chart";
import { COMPONENTS, type Entry, WEIGHTS } from "./leaderboard";

/** What one score is made of, task by task, and how it went over time. */
export function EntryDetails({ entry }: { entry: Entry }) {
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <div>
        <h3 className="font-semibold">Points by component, of {entry.runs} runs</h3>
        <dl className="mt-3 space-y-2">
          {COMPONENTS.map((name) => {
            const estimate = entry.components[name];
            return (
              <div key={name} className="grid grid-cols-[6rem_1fr_7rem] items-center gap-3 text-sm">
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
        <HistoryChart history={entry.history} />
      </div>
      <div>
        <h3 className="font-semibold">Tasks</h3>
        <ul className="mt-3 max-h-72 space-y-1.5 overflow-y-auto text-sm">
          {entry.tasks.map((task) => (
            <li key={task.name} className="flex justify-between gap-4">
              <span className="min-w-0 truncate">{task.name}</span>
              <span className="shrink-0 font-code text-muted">
                {task.score.toFixed(1)} · {task.runs} runs
              </span>
            </li>
          ))}
          {!entry.tasks.length && <li className="text-muted">No task is reported on its own.</li>}
        </ul>
      </div>
    </div>
  );
}
