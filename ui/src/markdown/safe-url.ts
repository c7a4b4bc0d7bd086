const LINKS = new Set(["http:", "https:", "mailto:"]);
const INLINE_PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,/i;
const ARTIFACTS = "/v1/artifacts/";

/** Marks a picture that was not loaded; what follows is where it would have come from. */
export const BLOCKED = "#blocked:";

/**
 * What becomes of an address in a model's Markdown. Links leave only when clicked, so the web's schemes may
 * stay; pictures load by themselves and would tell a stranger who reads, so they come from the gateway or
 * are inline.
 */
export function safeUrl(url: string, key: string): string {
  if (key === "src") return isOwnPicture(url) ? url : BLOCKED + url;
  return isLink(url) ? url : "";
}

function isLink(url: string): boolean {
  if (url.startsWith(ARTIFACTS)) return true;
  try {
    return LINKS.has(new URL(url).protocol);
  } catch {
    return false;
  }
}

function isOwnPicture(url: string): boolean {
  return url.startsWith(ARTIFACTS) || INLINE_PICTURE.test(url);
}
