/** What may begin a tag, but for line breaks, arrows (`<|--`, `<-->`) and stereotypes (`<<interface>>`). */
const TAG = /(?<!<)<(?=[a-z/!?])(?!br\s*\/?>)/gi;
/** Mermaid's and HTML's ways to write `<` that become one again. */
const ENCODED = /[#&](?:lt|0*60|x0*3c|#0*60|#x0*3c);?/gi;

/** A diagram's source in which nothing begins a tag: the sign in its place looks the same. */
export function withoutTags(source: string): string {
  return source.replace(ENCODED, "‹").replace(TAG, "‹");
}
