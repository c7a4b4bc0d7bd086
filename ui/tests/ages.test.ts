import { expect, test } from "vitest";
import { byAge } from "@/chat/ages";
import { newSession } from "@/chat/store";

const NOW = new Date(2026, 2, 30, 0, 30);
const used = (title: string, ...at: [number, number, number, number?, number?]) => ({
  ...newSession("janus", title),
  updatedAt: new Date(...at).getTime(),
});
const shown = (...sessions: ReturnType<typeof used>[]) =>
  byAge(sessions, NOW).map(({ age, sessions }) => [age, ...sessions.map(({ title }) => title)]);

test("sessions stand under the days of the reader's calendar, in their order", () => {
  expect(
    shown(
      used("now", 2026, 2, 30, 0, 29),
      used("midnight", 2026, 2, 30),
      used("a minute before", 2026, 2, 29, 23, 59),
      used("a day before", 2026, 2, 29),
      used("two days", 2026, 2, 28, 23, 59),
      used("seven days", 2026, 2, 23),
      used("eight days", 2026, 2, 22, 23, 59),
      used("thirty days", 2026, 1, 28),
      used("older", 2026, 1, 27, 23, 59),
    ),
  ).toEqual([
    ["Today", "now", "midnight"],
    ["Yesterday", "a minute before", "a day before"],
    ["Last 7 days", "two days", "seven days"],
    ["Last 30 days", "eight days", "thirty days"],
    ["Older", "older"],
  ]);
});

test("what a clock that ran ahead has stored is of today, and no day without a session is named", () => {
  expect(shown(used("ahead", 2026, 3, 2), used("old", 2020, 0, 1))).toEqual([
    ["Today", "ahead"],
    ["Older", "old"],
  ]);
  expect(byAge([], NOW)).toEqual([]);
});
