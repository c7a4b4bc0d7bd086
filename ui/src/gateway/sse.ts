import { createParser } from "eventsource-parser";

/** The `data` of each server-sent event of a body, as soon as it is complete. Comments are skipped. */
export async function* sseData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const complete: string[] = [];
  const parser = createParser({ onEvent: (event) => complete.push(event.data) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* complete.splice(0);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
