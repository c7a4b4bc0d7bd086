import { PROFILE } from "@/landing/profile";

/** The logo: two faces, one looking back and one ahead. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="84 40 232 232" className={className} aria-hidden="true" focusable="false">
      <g className="fill-moss">
        <path d={PROFILE} />
      </g>
      <g className="fill-moss-text" opacity="0.55" transform="matrix(-1 0 0 1 400 0)">
        <path d={PROFILE} />
      </g>
    </svg>
  );
}
