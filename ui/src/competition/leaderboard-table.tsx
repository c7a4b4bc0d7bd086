"use client";

import { ChevronDown, ChevronRight, ChevronUp } from "lucide-react";
import { Fragment, useState } from "react";
import { asLeaderboard, type Entry, type Estimate } from "@/gateway/competition";
import { useOptional } from "@/gateway/use-optional";
import { EmptyState } from "@/site/empty-state";
import { GatewaySample } from "@/site/gateway-sample";
import { EntryDetails } from "./entry-details";
import { COMPONENTS, type SortKey, sorted } from "./leaderboard";

const PATH = "/api/competition/leaderboard";
const FIRST_RUN = "janus-bench run --target http://127.0.0.1:8000 --suite public/dev";

/** Who leads. As high as a short ranking from the start, so that what follows stays in its place. */
export function Leaderboard() {
  return (
    <div className="min-h-88">
      <Measured />
    </div>
  );
}

/** What the competition service measured; without one, how to come to a measurement. */
function Measured() {
  const [suite, setSuite] = useState("");
  const read = useOptional(suite ? `${PATH}?${new URLSearchParams({ suite })}` : PATH, asLeaderboard);
  if (read.kind === "asking") {
    return (
      <p className="glass grid min-h-88 place-items-center rounded-3xl text-muted">Asking the gateway</p>
    );
  }
  if (read.kind === "failed")
    return <EmptyState title="The leaderboard cannot be read">{read.why}</EmptyState>;
  if (read.kind === "absent") {
    return (
      <EmptyState title="Nothing has been measured here">
        <p>
          The competition service does not run here, so there is no ranking, and none is made up. Scores
          appear when it runs and has recorded benchmark runs; <code>janus up</code> starts it.
        </p>
      </EmptyState>
    );
  }
  const { entries, suites, suite: shown } = read.value;
  if (!shown || !entries.length) {
    return (
      <EmptyState title="The ring is open">
        <p>No run is recorded yet. Benchmark a competitor and publish the run to put the first score here:</p>
        <div className="mt-4 text-left">
          <GatewaySample name="sh" code={FIRST_RUN} />
        </div>
      </EmptyState>
    );
  }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3 text-muted">
        {suites.length > 1 ? (
          <label className="flex items-center gap-2">
            Suite
            <select
              className="field w-auto"
              value={shown.name}
              onChange={(event) => setSuite(event.target.value)}
            >
              {suites.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        ) : (
          <span className="font-code">{shown.name}</span>
        )}
        <span>{shown.tasks} tasks</span>
      </div>
      <Table entries={entries} suite={shown.name} />
    </>
  );
}

function Table({ entries, suite }: { entries: Entry[]; suite: string }) {
  const [sort, setSort] = useState<{ key: SortKey; ascending: boolean }>({ key: "score", ascending: false });
  const [opened, setOpened] = useState<string | null>(null);
  const columns: [SortKey, string][] = [
    ["competitor_id", "Competitor"],
    ["score", "Score"],
    ...COMPONENTS.map((name): [SortKey, string] => [name, name]),
  ];
  const rows = sorted(entries, sort.key, sort.ascending);
  const turn = (key: SortKey) =>
    setSort((now) => ({ key, ascending: now.key === key ? !now.ascending : key === "competitor_id" }));
  return (
    <div className="glass overflow-x-auto rounded-3xl" tabIndex={0} role="region" aria-label="Ranking">
      <table className="w-full min-w-[52rem] text-left">
        <thead className="border-line border-b">
          <tr>
            {columns.map(([key, label]) => (
              <th key={key} scope="col" aria-sort={ariaSort(sort, key)} className="px-4 py-3 font-semibold">
                <button
                  type="button"
                  className="flex min-h-9 items-center gap-1 capitalize"
                  onClick={() => turn(key)}
                >
                  {label}
                  {sort.key === key &&
                    (sort.ascending ? (
                      <ChevronUp size={15} aria-hidden />
                    ) : (
                      <ChevronDown size={15} aria-hidden />
                    ))}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((entry) => {
            const open = opened === entry.competitor_id;
            return (
              <Fragment key={entry.competitor_id}>
                <tr>
                  <th scope="row" className="px-4 py-3">
                    <button
                      type="button"
                      aria-expanded={open}
                      className="flex min-h-9 items-center gap-2 font-code font-normal"
                      onClick={() => setOpened(open ? null : entry.competitor_id)}
                    >
                      <ChevronRight size={16} aria-hidden className={open ? "rotate-90" : ""} />
                      {entry.competitor_id}
                      <span className="whitespace-nowrap rounded-full bg-well px-2.5 py-0.5 text-sm">
                        tier {entry.tier}
                      </span>
                    </button>
                  </th>
                  <td className="px-4 py-3">
                    <Figure estimate={entry.score} strong />
                  </td>
                  {COMPONENTS.map((name) => (
                    <td key={name} className="px-4 py-3">
                      <Figure estimate={entry.components[name]} />
                    </td>
                  ))}
                </tr>
                {open && (
                  <tr>
                    <td colSpan={columns.length} className="bg-field">
                      {/* As wide as what is seen of the table, which may scroll sideways beneath. */}
                      <div className="sticky left-0 w-[min(100%,calc(100vw-2rem-2px))] px-4 py-5 sm:w-[min(100%,calc(100vw-3rem-2px))] sm:px-8">
                        <EntryDetails entry={entry} suite={suite} />
                      </div>
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Figure({ estimate, strong = false }: { estimate: Estimate | undefined; strong?: boolean }) {
  if (!estimate) return <span className="text-muted">not measured</span>;
  return (
    <span className="whitespace-nowrap font-code tabular-nums">
      <span className={strong ? "font-semibold text-lg" : ""}>{estimate.value.toFixed(1)}</span>
      <span className="block text-muted text-xs">
        {estimate.low.toFixed(1)} to {estimate.high.toFixed(1)}
      </span>
    </span>
  );
}

function ariaSort(
  sort: { key: SortKey; ascending: boolean },
  key: SortKey,
): "ascending" | "descending" | "none" {
  if (sort.key !== key) return "none";
  return sort.ascending ? "ascending" : "descending";
}
