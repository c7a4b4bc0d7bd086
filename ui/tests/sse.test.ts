import { expect, test } from "vitest";
import { sseData } from "@/gateway/sse";
import { body } from "./answers";

async function read(...pieces: (string | Uint8Array<ArrayBuffer>)[]): Promise<string[]> {
  const found: string[] = [];
  for await (const data of sseData(body(...pieces))) found.push(data);
  return found;
}

test("gives each event's data", async () => {
  expect(await read("data: one\n\ndata: two\n\n")).toEqual(["one", "two"]);
});

test("skips comments", async () => {
  expect(await read(": ping\n\ndata: one\n\n: ping\n\n")).toEqual(["one"]);
});

test("takes any line ending", async () => {
  expect(await read("data: one\r\n\r\ndata: two\r\rdata: three\n\n")).toEqual(["one", "two", "three"]);
});

test("puts events together that arrive in pieces", async () => {
  expect(await read("da", "ta: o", "ne\n", "\ndata: two\n\n")).toEqual(["one", "two"]);
});

test("puts letters together that arrive in pieces", async () => {
  const bytes = new TextEncoder().encode("data: Ångström 🐂\n\n");
  const pieces = Array.from(bytes, (byte) => new Uint8Array([byte]));
  expect(await read(...pieces)).toEqual(["Ångström 🐂"]);
});

test("drops an event that was not completed", async () => {
  expect(await read("data: one\n\ndata: tw")).toEqual(["one"]);
});

test("lets go of the body when its reader leaves", async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("data: x\n\n")),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const _ of sseData(endless)) break;
  await Promise.resolve();
  expect(cancelled).toBe(true);
});
