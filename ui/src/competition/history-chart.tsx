import type { History } from "@/gateway/competition";

type Points = History["points"];

const WIDTH = 480;
const HEIGHT = 120;

/** The score over time, as a line from the first run to the last. */
export function HistoryChart({ points }: { points: Points }) {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < 2) return null;
  return (
    <figure className="mt-6">
      <svg
        viewBox={`0 -8 ${WIDTH} ${HEIGHT + 16}`}
        className="w-full"
        role="img"
        aria-label={`Score from ${first.score.value.toFixed(1)} on ${day(first.at)} to ${last.score.value.toFixed(1)} on ${day(last.at)}`}
      >
        <path d={`M0 ${HEIGHT} H${WIDTH} M0 0 H${WIDTH}`} className="stroke-line" fill="none" />
        <polyline
          points={cornersOf(points)}
          fill="none"
          className="stroke-moss-text"
          strokeWidth="2.5"
          strokeLinejoin="round"
        />
      </svg>
      <figcaption className="flex justify-between font-code text-muted text-xs">
        <span>{day(first.at)}</span>
        <span>{day(last.at)}</span>
      </figcaption>
    </figure>
  );
}

/** The corners of the line; the scale is the whole range of scores, 0 to 100. */
export function cornersOf(points: Points): string {
  const times = points.map(({ at }) => Date.parse(at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return points
    .map(({ score }, index) => {
      const x = to > from ? (((times[index] ?? from) - from) / (to - from)) * WIDTH : 0;
      return `${x.toFixed(1)},${(HEIGHT - (score.value / 100) * HEIGHT).toFixed(1)}`;
    })
    .join(" ");
}

function day(at: string): string {
  return at.slice(0, 10);
}
