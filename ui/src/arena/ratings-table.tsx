"use client";

import { asRatings } from "@/gateway/competition";
import { useOptional } from "@/gateway/use-optional";

/** Where everybody stands by blind votes; read again after each vote. */
export function RatingsTable({ version }: { version: number }) {
  const read = useOptional("/api/competition/arena/ratings", asRatings, version);
  if (read.kind !== "read" || !read.value.votes) return null;
  const left = Object.values(read.value.excluded).reduce((sum, count) => sum + count, 0);
  return (
    <section aria-labelledby="ratings" className="pt-10">
      <h2 id="ratings" className="font-bold text-3xl">
        By blind votes
      </h2>
      <div
        className="glass mt-5 overflow-x-auto rounded-3xl"
        tabIndex={0}
        role="region"
        aria-label="Ratings by votes"
      >
        <table className="w-full min-w-[34rem] text-left">
          <thead className="border-line border-b">
            <tr>
              {["Competitor", "Rating", "95% interval", "Votes", "Won", "Tied"].map((label) => (
                <th key={label} scope="col" className="px-4 py-3 font-semibold">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line font-code tabular-nums">
            {read.value.ratings.map((place) => (
              <tr key={place.competitor_id}>
                <th scope="row" className="px-4 py-3 font-normal">
                  {place.competitor_id}
                  {place.copy_of && <span className="block text-muted text-xs">as {place.copy_of}</span>}
                </th>
                <td className="px-4 py-3 font-semibold">{place.rating.toFixed(0)}</td>
                <td className="px-4 py-3 text-muted">
                  {place.low.toFixed(0)} to {place.high.toFixed(0)}
                </td>
                <td className="px-4 py-3">{place.votes}</td>
                <td className="px-4 py-3">{place.wins}</td>
                <td className="px-4 py-3">{place.ties}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="mt-3 text-muted text-sm">
        Votes that count: {read.value.votes}
        {left > 0 && `; left out: ${left}`}. 400 points are odds of ten to one.
      </p>
    </section>
  );
}
