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
    <figure className="mt-8">
      <h3 className="mb-3 font-semibold">Score over time, with its interval</h3>
      <svg
        viewBox={`-8 -8 ${WIDTH + 16} ${HEIGHT + 16}`}
        className="w-full"
        role="img"
        aria-label={`Score from ${first.score.value.toFixed(1)} on ${day(first.at)} to ${last.score.value.toFixed(1)} on ${day(last.at)}`}
      >
        <path
          d={`M0 ${HEIGHT} H${WIDTH} M0 ${HEIGHT / 2} H${WIDTH} M0 0 H${WIDTH}`}
          className="stroke-line"
          fill="none"
        />
        <polygon
          points={`${cornersOf(points, "low")} ${cornersOf(points, "high").split(" ").reverse().join(" ")}`}
          className="fill-moss-text"
          fillOpacity="0.16"
        />
        <polyline
          points={cornersOf(points)}
          fill="none"
          className="stroke-moss-text"
          strokeWidth="2.5"
          strokeLinejoin="round"
        />
        {cornersOf(points)
          .split(" ")
          .map((corner, index) => {
            const [x, y] = corner.split(",");
            return <circle key={points[index]?.at} cx={x} cy={y} r="4" className="fill-moss-text" />;
          })}
        {[100, 50].map((score) => (
          <text
            key={score}
            x="0"
            y={HEIGHT - (score / 100) * HEIGHT + 11}
            className="fill-muted font-code text-[10px]"
          >
            {score}
          </text>
        ))}
      </svg>
      <figcaption className="flex justify-between font-code text-muted text-xs">
        <span>{day(first.at)}</span>
        <span>{day(last.at)}</span>
      </figcaption>
    </figure>
  );
}

/** The corners of the line; the scale is the whole range of scores, 0 to 100. */
export function cornersOf(points: Points, bound: "value" | "low" | "high" = "value"): string {
  const times = points.map(({ at }) => Date.parse(at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return points
    .map(({ score }, index) => {
      const x = to > from ? (((times[index] ?? from) - from) / (to - from)) * WIDTH : 0;
      return `${x.toFixed(1)},${(HEIGHT - (score[bound] / 100) * HEIGHT).toFixed(1)}`;
    })
    .join(" ");
}

function day(at: string): string {
  return at.slice(0, 10);
}
