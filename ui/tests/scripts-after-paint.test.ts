import { afterEach, describe, expect, it, vi } from "vitest";
import { scriptsAfterPaint, scriptsOf } from "../scripts/scripts-after-paint.mjs";

const PAGE =
  '<html><head><link rel="preload" as="script" fetchPriority="low" href="/b.js"/><script src="/a.js" async=""></script></head>' +
  '<body><script src="/old.js" noModule=""></script><script src="/b.js" async=""></script></body></html>';

/** Runs the page's own script; gives what the browser would tell it of a paint. */
function run(page: string): { paint: () => void; loaded: () => string[] } {
  const painted: (() => void)[] = [];
  vi.stubGlobal(
    "PerformanceObserver",
    class {
      constructor(private readonly tell: () => void) {}
      observe() {
        painted.push(this.tell);
      }
    },
  );
  document.head.replaceChildren();
  const script = /<script>(\(.*)<\/script><\/body>/s.exec(page)?.[1] ?? "";
  new Function(script)();
  return {
    paint: () => painted.forEach((tell) => void tell()),
    loaded: () => [...document.head.querySelectorAll("script")].map((one) => one.getAttribute("src") ?? ""),
  };
}

describe("a page's scripts", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("are listed in one that loads them, and asked for by nothing else", () => {
    const page = scriptsAfterPaint(PAGE);
    expect(scriptsOf(page)).toEqual(["/a.js", "/b.js"]);
    expect(page).not.toMatch(/<script src="\/[ab]\.js"|rel="preload"/);
    expect(page).toContain('<script src="/old.js" noModule="">');
  });

  it("come once, after the first paint", () => {
    vi.useFakeTimers();
    const { paint, loaded } = run(scriptsAfterPaint(PAGE));
    expect(loaded()).toEqual([]);
    paint();
    paint();
    vi.runAllTimers();
    expect(loaded()).toEqual(["/a.js", "/b.js"]);
  });

  it("come without a paint when none is seen for long", () => {
    vi.useFakeTimers();
    const { loaded } = run(scriptsAfterPaint(PAGE));
    vi.runAllTimers();
    expect(loaded()).toEqual(["/a.js", "/b.js"]);
  });

  it("come at once in a page that nobody looks at", () => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    expect(run(scriptsAfterPaint(PAGE)).loaded()).toEqual(["/a.js", "/b.js"]);
  });
});
