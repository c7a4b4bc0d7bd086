import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "@/markdown/patiently";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a part that is there is loaded once", async () => {
  const load = vi.fn(async () => "part");
  await expect(patiently(load)).resolves.toBe("part");
  expect(load).toHaveBeenCalledTimes(1);
});

test("a part whose server is away is loaded when it is back", async () => {
  const load = vi.fn(async () => "part");
  load.mockRejectedValueOnce(new Error("away")).mockRejectedValueOnce(new Error("away"));
  const part = patiently(load);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(part).resolves.toBe("part");
  expect(load).toHaveBeenCalledTimes(3);
});
