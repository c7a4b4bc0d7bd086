import { GatewayError } from "./errors";
import { getJson } from "./models";

/** What a service says that may not exist here: 404, 501 and 503 mean that it does not, or not now. */
export type Optional<T> =
  | { kind: "asking" }
  | { kind: "absent" }
  | { kind: "failed"; why: string }
  | { kind: "read"; value: T };

const ABSENT = new Set([404, 501, 503]);

export async function readOptional<T>(
  path: string,
  parse: (body: unknown) => T,
  signal: AbortSignal,
): Promise<Optional<T>> {
  try {
    return { kind: "read", value: parse(await getJson(path, signal)) };
  } catch (reason) {
    if (reason instanceof GatewayError && ABSENT.has(reason.fault.status ?? 0)) return { kind: "absent" };
    return { kind: "failed", why: reason instanceof Error ? reason.message : String(reason) };
  }
}
