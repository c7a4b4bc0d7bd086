import type { components } from "./api";
import { gatewayUrl } from "./base-url";
import { errorOfResponse, unreachable } from "./errors";

export type Model = components["schemas"]["Model"];
export type Health = components["schemas"]["Health"];

/** Every name that can be asked for. Throws `GatewayError`. */
export async function listModels(signal?: AbortSignal): Promise<Model[]> {
  const list = (await getJson("/v1/models", signal)) as components["schemas"]["ModelList"];
  return list.data;
}

export async function gatewayHealth(signal?: AbortSignal): Promise<Health> {
  return (await getJson("/health", signal)) as Health;
}

/** A GET's JSON answer. Throws `GatewayError`, and the abort if `signal` gives it. */
export async function getJson(path: string, signal?: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(gatewayUrl(path), { signal: signal ?? null, cache: "no-store" });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw unreachable();
  }
  if (!response.ok) throw await errorOfResponse(response);
  return response.json();
}
