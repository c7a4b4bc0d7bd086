import { gatewayUrl } from "./base-url";
import { errorOfResponse, unreachable } from "./errors";

/** Posts JSON and gives the JSON that comes back. Throws `GatewayError`. */
export async function postJson<T>(path: string, body: object): Promise<T> {
  const response = await fetch(gatewayUrl(path), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw await errorOfResponse(response);
  return (await response.json()) as T;
}
