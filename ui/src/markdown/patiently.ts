const FIRST_WAIT = 1_000; // milliseconds
const LONGEST_WAIT = 30_000;

/**
 * Loads a part of the page that comes later, however long its server is away: until then the reader has plain
 * text, and a load that failed for good would leave them with it.
 */
export async function patiently<Part>(load: () => Promise<Part>): Promise<Part> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
