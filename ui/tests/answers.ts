import { vi } from "vitest";

/** A chunk of a chat stream with this delta. */
export function chunk(delta: object, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

export const DONE = "data: [DONE]\n\n";

/** A body of exactly these pieces. */
export function body(...pieces: (string | Uint8Array<ArrayBuffer>)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}

/** Makes the gateway answer every request with these pieces of a stream. */
export function answering(...pieces: string[]) {
  const asked = vi.fn<typeof fetch>(async () => new Response(body(...pieces), { status: 200 }));
  vi.stubGlobal("fetch", asked);
  return asked;
}
