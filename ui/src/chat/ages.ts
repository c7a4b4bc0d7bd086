import type { Session } from "./types";

/** Each with how many days before today it reaches. */
const AGES: [string, number][] = [
  ["Today", 0],
  ["Yesterday", 1],
  ["Last 7 days", 7],
  ["Last 30 days", 30],
];

const OLDER = "Older";

export interface AgeGroup {
  age: string;
  sessions: Session[];
}

/** Sessions, given the newest first, by when they were last used in the reader's calendar. */
export function byAge(sessions: Session[], now: Date): AgeGroup[] {
  const starts = AGES.map(([age, days]) => ({
    age,
    at: new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime(),
  }));
  const groups: AgeGroup[] = [];
  for (const session of sessions) {
    const age = starts.find(({ at }) => session.updatedAt >= at)?.age ?? OLDER;
    if (groups.at(-1)?.age !== age) groups.push({ age, sessions: [] });
    groups.at(-1)?.sessions.push(session);
  }
  return groups;
}
