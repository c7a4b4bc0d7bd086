import { PROFILE } from "./profile";

const MIRRORED = "matrix(-1 0 0 1 640 0)";
const HORN =
  "M384 412 C474 410 552 362 560 262 C563 210 549 164 527 128 C533 180 531 228 510 266 C486 310 434 336 352 366 Z";
const HORN_GRAIN = [
  "M396 392 C470 380 536 330 544 256",
  "M380 382 C456 366 522 316 538 226",
  "M420 396 C488 380 548 326 552 240",
];
const EAR = "M394 420 C424 402 462 398 492 412 C482 438 444 456 400 450 Z";
/** The right half of the bull's head as facets: the light comes from above. */
const FACETS = [
  { points: "320,372 372,380 358,450 320,466", shade: 0.3 },
  { points: "372,380 402,424 388,462 358,450", shade: 0.2 },
  { points: "320,466 358,450 346,532 320,548", shade: 0.42 },
  { points: "358,450 388,462 370,528 346,532", shade: 0.14 },
  { points: "346,532 370,528 382,562 358,594", shade: 0.24 },
  { points: "320,548 346,532 358,594 320,604", shade: 0.34 },
];
const ENGRAVING = Array.from({ length: 30 }, (_, line) => 112 + line * 8);

/** The hero's artwork: Janus between the horns of the bull, and the lasso that every answer runs along. */
export function Rodeo({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 640 640"
      className={`rodeo ${className ?? ""}`}
      role="img"
      aria-label="A coin with the two faces of Janus, held between the horns of a bull, circled by a lasso"
    >
      <Paints />
      <Lasso d="M46 470 A274 74 0 0 1 594 470" faint />
      <Coin />
      <g className="rodeo-bull">
        <HalfBull />
        <g transform={MIRRORED}>
          <HalfBull />
        </g>
        <path d="M302 590 A20 22 0 1 0 338 590" fill="none" stroke="url(#moss)" strokeWidth="5" />
      </g>
      <Lasso d="M46 470 A274 74 0 0 0 594 470" />
    </svg>
  );
}

function Paints() {
  return (
    <defs>
      <linearGradient id="moss" x1="0" y1="0" x2="0.6" y2="1">
        <stop offset="0" stopColor="#a8f0c9" />
        <stop offset="0.45" stopColor="#63d297" />
        <stop offset="1" stopColor="#1f7d63" />
      </linearGradient>
      <linearGradient id="horn" x1="0" y1="1" x2="0.5" y2="0">
        <stop offset="0" stopColor="#2a6f66" />
        <stop offset="0.55" stopColor="#63d297" />
        <stop offset="1" stopColor="#eafff3" />
      </linearGradient>
      <radialGradient id="coin" cx="0.5" cy="0.35" r="0.75">
        <stop offset="0" stopColor="#1b2a33" />
        <stop offset="1" stopColor="#0b1117" />
      </radialGradient>
      <clipPath id="past">
        <path d={PROFILE} />
      </clipPath>
    </defs>
  );
}

/** The coin: one face looks ahead, solid; the other looks back, an engraving. */
function Coin() {
  return (
    <g>
      <circle cx="320" cy="222" r="164" fill="none" className="stroke-moss-text" strokeOpacity="0.25" />
      <circle
        cx="320"
        cy="222"
        r="156"
        fill="none"
        className="stroke-moss-text"
        strokeOpacity="0.6"
        strokeWidth="5"
        strokeDasharray="1.5 6.67"
      />
      <circle cx="320" cy="222" r="148" fill="url(#coin)" stroke="url(#moss)" strokeWidth="2" />
      <g transform="translate(120 56) translate(200 160) scale(1.02) translate(-200 -160)">
        <path d={PROFILE} fill="url(#moss)" />
        <g transform="matrix(-1 0 0 1 400 0)">
          <g clipPath="url(#past)" stroke="#63d297" strokeWidth="2.4">
            {ENGRAVING.map((y) => (
              <path key={y} d={`M190 ${y - 62} L310 ${y - 74}`} />
            ))}
          </g>
          <path d={PROFILE} fill="none" stroke="#63d297" strokeWidth="2.5" />
        </g>
        <path d="M252 112 q14 -9 25 -2" fill="none" stroke="#0b1117" strokeWidth="4" strokeLinecap="round" />
        <path d="M258 124 q9 -6 17 0" fill="none" stroke="#0b1117" strokeWidth="4" strokeLinecap="round" />
      </g>
    </g>
  );
}

function HalfBull() {
  return (
    <g>
      <path d={EAR} fill="#14403a" stroke="#63d297" strokeOpacity="0.5" strokeWidth="1.5" />
      <path d="M412 428 C436 416 456 414 474 418 C460 434 436 442 412 442 Z" fill="#0b1117" opacity="0.6" />
      <path d={HORN} fill="url(#horn)" />
      {HORN_GRAIN.map((d) => (
        <path key={d} d={d} fill="none" stroke="#0b1117" strokeOpacity="0.28" strokeWidth="2" />
      ))}
      {FACETS.map(({ points, shade }) => (
        <g key={points}>
          <polygon points={points} fill="#0d1a1c" />
          <polygon
            points={points}
            fill="#63d297"
            fillOpacity={shade}
            stroke="#63d297"
            strokeOpacity="0.55"
            strokeWidth="1.2"
            strokeLinejoin="round"
          />
        </g>
      ))}
      <path d="M352 448 q16 -10 30 4 q-14 10 -30 -4" fill="#eafff3" />
      <circle cx="368" cy="449" r="4.5" fill="#0b1117" />
      <ellipse cx="350" cy="566" rx="7" ry="11" transform="rotate(24 350 566)" fill="#0b1117" />
    </g>
  );
}

function Lasso({ d, faint = false }: { d: string; faint?: boolean }) {
  return (
    <g fill="none" strokeLinecap="round" opacity={faint ? 0.45 : 1}>
      <path d={d} className="stroke-moss-text" strokeOpacity="0.35" strokeWidth="1.5" />
      <path
        d={d}
        className="rodeo-lasso stroke-moss-text"
        strokeWidth="3.5"
        strokeDasharray="2 22 14 34 6 18"
      />
    </g>
  );
}
