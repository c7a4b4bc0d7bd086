import { GATEWAY } from "@/gateway/base-url";
import { withoutTricks } from "@/markdown/text-tricks";
import type { Artifact } from "./types";

const RASTER = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** What came of comparing an artifact's bytes with its descriptor. */
export type Verdict = "matches" | "differs" | "unstated" | "unsupported";

export interface Fetched {
  blob: Blob;
  verdict: Verdict;
}

/** The artifact that a step describes, or null when it lacks what a card needs. */
export function artifactOf(payload: Record<string, unknown>): Artifact | null {
  const text = (name: string) => (typeof payload[name] === "string" ? (payload[name] as string) : "");
  const url = text("url");
  if (!isFetchable(url)) return null;
  return {
    id: text("id"),
    type: text("type"),
    mime_type: text("mime_type").toLowerCase(),
    display_name: withoutTricks(text("display_name")) || "artifact",
    size_bytes: typeof payload.size_bytes === "number" ? payload.size_bytes : 0,
    sha256: text("sha256").toLowerCase(),
    url,
  };
}

/** Artifacts come inline or from the gateway; no answer can make the page call anywhere else. */
export function isFetchable(url: string): boolean {
  if (/^data:/i.test(url)) return true;
  try {
    const base = GATEWAY || location.origin;
    const { origin, pathname } = new URL(url, base);
    return origin === new URL(base).origin && pathname.startsWith("/v1/artifacts/");
  } catch {
    return false;
  }
}

/** Whether a browser can show it without running anything: SVG is a document, not a picture. */
export function isPicture(artifact: Artifact): boolean {
  return RASTER.has(artifact.mime_type);
}

/** The bytes, and whether they are those that were promised. Throws when they cannot be had. */
export async function fetchArtifact(artifact: Artifact): Promise<Fetched> {
  const inline = /^data:/i.test(artifact.url);
  const bytes = inline ? bytesOfDataUrl(artifact.url) : await bytesFrom(artifact.url);
  const blob = new Blob([bytes], { type: artifact.mime_type || "application/octet-stream" });
  return { blob, verdict: await judge(bytes, artifact.sha256) };
}

async function bytesFrom(url: string): Promise<ArrayBuffer> {
  const response = await fetch(new URL(url, GATEWAY || location.origin));
  if (!response.ok)
    throw new Error(response.status === 410 ? "It has expired." : `Status ${response.status}.`);
  return response.arrayBuffer();
}

/** Read here and not fetched: the page's policy lets nothing connect to `data:`. */
function bytesOfDataUrl(url: string): ArrayBuffer {
  const comma = url.indexOf(",");
  const payload = url.slice(comma + 1);
  if (!/;base64$/i.test(url.slice(0, comma))) return encoded(decodeURIComponent(payload));
  const binary = atob(payload);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
}

function encoded(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}

async function judge(bytes: ArrayBuffer, promised: string): Promise<Verdict> {
  if (!promised) return "unstated";
  if (!crypto.subtle) return "unsupported"; // the page was not loaded over https or from this machine
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return found === promised ? "matches" : "differs";
}
