// Characters that reorder or hide others: bidirectional controls, zero-width ones, soft hyphens. The
// zero-width joiner stays, because emoji and some scripts are written with it.
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2060-\u2064\ufeff]/g;

/** The text without what could make it read as something else than it is; for names and addresses. */
export function withoutTricks(text: string): string {
  return text.replace(REORDERING, "").replace(INVISIBLE, "").trim();
}

/** The text without what reorders it; for prose, whose own direction its letters give. */
export function withoutReordering(text: string): string {
  return text.replace(REORDERING, "");
}
