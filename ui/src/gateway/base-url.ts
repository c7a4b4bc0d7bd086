/** The edge's address. Empty when the edge itself serves these pages; set for `npm run dev`. */
export const GATEWAY = (process.env.NEXT_PUBLIC_GATEWAY_URL ?? "").replace(/\/$/, "");

/** The full address of one of the edge's paths. */
export function gatewayUrl(path: string): string {
  return GATEWAY + path;
}
