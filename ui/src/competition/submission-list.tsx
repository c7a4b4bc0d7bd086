"use client";

import { asSubmissions } from "@/gateway/competition";
import { useOptional } from "@/gateway/use-optional";

/** Who is entered, the newest first; read again when `version` changes. */
export function SubmissionList({ version }: { version: number }) {
  const read = useOptional("/api/competition/submissions", asSubmissions, version);
  if (read.kind !== "read" || !read.value.length) return null;
  return (
    <div className="mt-8">
      <h3 className="font-semibold text-xl">Entered so far</h3>
      <ul className="mt-4 grid gap-3 md:grid-cols-2" data-testid="submissions">
        {read.value.map((entry) => (
          <li key={entry.id} className="glass min-w-0 rounded-2xl px-5 py-4">
            <p className="flex flex-wrap items-baseline justify-between gap-2">
              <span className="font-code">{entry.name}</span>
              <span className="rounded-full bg-well px-2.5 py-0.5 text-sm">{entry.status}</span>
            </p>
            <p className="mt-1 text-muted">{entry.description}</p>
            <p className="mt-2 font-code text-muted text-xs [overflow-wrap:anywhere]">
              {entry.address} · {entry.license} · {entry.created_at.slice(0, 10)}
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}
