import { describe, expect, test } from "vitest";
import { told } from "@/arena/battle";
import { factsOf } from "@/chat/answer-facts";
import { isFetchable } from "@/chat/artifact";
import { bytes } from "@/chat/artifact-card";
import { fitted, LONGEST_SIDE } from "@/chat/picture";
import { cornersOf } from "@/competition/history-chart";
import { sorted } from "@/competition/leaderboard";
import { EMPTY, problemsOf, registryEntry } from "@/competition/submission";
import { isTooDeep, isTooMuch } from "@/markdown/bounds";
import { withoutTags } from "@/markdown/diagram-text";
import { withDollarMath } from "@/markdown/math-marks";
import { claimsOtherHost } from "@/markdown/parts";
import { BLOCKED, safeUrl } from "@/markdown/safe-url";
import { withoutReordering, withoutTricks } from "@/markdown/text-tricks";
import { matching } from "@/marketplace/component";

describe("addresses in a model's Markdown", () => {
  test.each(["https://a.example/x", "http://a.example", "mailto:a@b.example", "/v1/artifacts/x"])(
    "a link to %s stays",
    (url) => {
      expect(safeUrl(url, "href")).toBe(url);
    },
  );
  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc",
    "/docs",
    "//a.example",
    "blob:x",
  ])("a link to %s goes", (url) => expect(safeUrl(url, "href")).toBe(""));
  test.each([
    "https://a.example/x.png",
    "//a.example/x.png",
    "data:image/svg+xml;base64,AA==",
    "/v1/models",
    "blob:x",
  ])("a picture from %s is not loaded", (url) => expect(safeUrl(url, "src")).toBe(BLOCKED + url));
  test.each(["/v1/artifacts/x", "data:image/png;base64,AA=="])("a picture from %s is", (url) => {
    expect(safeUrl(url, "src")).toBe(url);
  });
  test("a link that names another host than its own is told apart", () => {
    expect(claimsOtherHost("https://bank.example/login", "evil.example")).toBe(true);
    expect(claimsOtherHost("bank\u200b.example", "evil.example")).toBe(true);
    expect(claimsOtherHost("bank.example", "bank.example")).toBe(false);
    expect(claimsOtherHost("read this", "evil.example")).toBe(false);
  });
});

describe("text that is not what it seems", () => {
  test("loses what reorders and what hides, and keeps joined emoji", () => {
    expect(withoutTricks("evil\u202efdp.exe")).toBe("evilfdp.exe");
    expect(withoutTricks("a\u200bb\ufeffc\u00add")).toBe("abcd");
    expect(withoutTricks("👩\u200d🚀")).toBe("👩\u200d🚀");
    expect(withoutReordering("\u2067abc\u2069 שלום")).toBe("abc שלום");
  });
  test("too much in one block is not parsed", () => {
    expect(isTooMuch("word ".repeat(100))).toBe(false);
    expect(isTooMuch("x".repeat(100_000))).toBe(true);
    expect(isTooMuch(`\`\`\`js\n${"x".repeat(100_000)}\n\`\`\``)).toBe(true);
    expect(isTooMuch(`\`\`\`js\n${"let a = 1;\n".repeat(2000)}\`\`\``)).toBe(false);
  });
});

test("what nests too deep to be parsed is told from rules and tables", () => {
  for (const deep of [
    "> ".repeat(60),
    ">".repeat(60),
    "- ".repeat(60),
    `a\n${"1. ".repeat(60)}`,
    "[".repeat(300),
  ]) {
    expect(isTooDeep(deep)).toBe(true);
  }
  for (const flat of ["-".repeat(80), "> > > quote", `| ${"--- | ".repeat(60)}`, "1. one\n2. two", "* * *"]) {
    expect(isTooDeep(flat)).toBe(false);
  }
});

test("LaTeX's own marks become the renderer's, but not in code", () => {
  expect(withDollarMath("so \\(a+b\\) is")).toBe("so $$a+b$$ is");
  expect(withDollarMath("\\[ x^2 \\]")).toBe("\n$$\nx^2\n$$\n");
  expect(withDollarMath("`\\(a\\)` and $5")).toBe("`\\(a\\)` and $5");
  expect(withDollarMath("the ratio $r$ of $\\frac{a}{b}$.")).toBe("the ratio $$r$$ of $$\\frac{a}{b}$$.");
  for (const text of [
    "from $5 to $10",
    "$5-$10",
    "$PATH:$HOME",
    "US$5 is 7 A$",
    "a \\$x\\$",
    "$$a$b$$",
    "`$x$`",
  ]) {
    expect(withDollarMath(text)).toBe(text);
  }
  expect(withDollarMath("```\n\\[a\\]\n```")).toBe("```\n\\[a\\]\n```");
});

test("a diagram's source holds nothing that begins a tag", () => {
  for (const tag of [
    "<img src=x>",
    "</b>",
    "<!--",
    "#lt;img src=x>",
    "#60;img>",
    "&lt;img>",
    "&#60;img>",
    "&#x3C;img>",
  ]) {
    expect(withoutTags(`A["${tag}"]`)).not.toMatch(/<|#|&/);
  }
  for (const plain of ["A <|-- B", "A <--> B", "A[one<br/>two<br>three]", "<<interface>> A", "a < b"]) {
    expect(withoutTags(plain)).toBe(plain);
  }
});

describe("artifacts", () => {
  test.each(["data:text/csv;base64,AA==", "/v1/artifacts/x", "http://localhost:3000/v1/artifacts/x"])(
    "%s may be fetched",
    (url) => {
      expect(isFetchable(url)).toBe(true);
    },
  );
  test.each([
    "https://evil.example/v1/artifacts/x",
    "//evil.example/v1/artifacts/x",
    "/v1/models",
    "/v1/artifacts/../models",
    "javascript:x",
    "",
  ])("%s may not", (url) => expect(isFetchable(url)).toBe(false));
  test("sizes read well", () => {
    expect([0, 999, 1000, 1_234_567].map(bytes)).toEqual(["0 B", "999 B", "1.0 kB", "1.2 MB"]);
  });
});

describe("what an answer took", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 101, total_tokens: 104 };
  test("the rate leaves out the first token and needs reported usage", () => {
    const timing = { firstMs: 500, totalMs: 2500 };
    expect(Object.fromEntries(factsOf({ timing, usage } as never)).Rate).toBe("50 tok/s");
    expect(Object.fromEntries(factsOf({ timing } as never)).Rate).toBeUndefined();
  });
  test("nothing is shown that nobody reported, or that is no figure", () => {
    expect(factsOf({ timing: {} } as never)).toEqual([]);
    expect(factsOf({ timing: {}, usage: { cost_usd: "<b>", sandbox_seconds: -1 } } as never)).toEqual([]);
  });
});

test("pictures keep their proportions when scaled, and are never enlarged", () => {
  expect(fitted(4000, 2000)).toEqual({ width: LONGEST_SIDE, height: LONGEST_SIDE / 2 });
  expect(fitted(100, 50)).toEqual({ width: 100, height: 50 });
});

describe("the leaderboard", () => {
  const estimate = (value: number) => ({ value, low: value - 1, high: value + 1 });
  const entries = [
    { competitor_id: "b", score: estimate(50), components: { speed: estimate(9) } },
    { competitor_id: "a", score: estimate(70), components: {} },
  ] as never as Parameters<typeof sorted>[0];
  test("sorts by any column, what is not measured last", () => {
    const by = (key: Parameters<typeof sorted>[1], up: boolean) =>
      sorted(entries, key, up).map((one) => one.competitor_id);
    expect(by("score", false)).toEqual(["a", "b"]);
    expect(by("competitor_id", true)).toEqual(["a", "b"]);
    expect(by("speed", true)).toEqual(["b", "a"]);
    expect(by("speed", false)).toEqual(["b", "a"]);
  });
  test("draws scores over the time between the first and the last", () => {
    const at = (day: number, value: number) => ({ at: `2026-01-0${day}T00:00:00Z`, score: { value } });
    expect(cornersOf([at(1, 0), at(2, 50), at(3, 100)] as never)).toBe("0.0,120.0 240.0,60.0 480.0,0.0");
  });
});

describe("a submission", () => {
  const good = {
    name: "my-agent",
    transport: "grpc",
    address: "grpc://host:1",
    license: "MIT",
    description: 'Says "yes"',
    contact: "a@b.example",
  };
  test("names each field that is wrong", () => {
    expect(Object.keys(problemsOf(EMPTY)).sort()).toEqual([
      "address",
      "contact",
      "description",
      "license",
      "name",
    ]);
    expect(problemsOf(good)).toEqual({});
    expect(registryEntry(good)).toContain('description: "Says \\"yes\\""');
  });
  test.each([
    ["http", "grpc://host:1"],
    ["grpc", "http://host:1"],
    ["http", "host:1"],
    ["image", " "],
  ])("by %s has no address %s", (transport, address) =>
    expect(Object.keys(problemsOf({ ...good, transport, address }))).toEqual(["address"]),
  );
});

test("a vote that does not count is told so, with the reason", () => {
  const shown = { left: "a", right: "b", counted: true, reason: "" };
  expect(told("left", shown)).toBe("Your vote is stored: A is better.");
  expect(told("tie", { ...shown, counted: false, reason: "identical_answers" })).toContain(
    "both said the same",
  );
});

test("components are found by every word and their category", () => {
  const component = (name: string, category: string) =>
    ({ name, category, summary: "for models", kind: "", contract: "proto" }) as never;
  const all = [component("Proxy", "models"), component("Mesh", "transport")];
  expect(matching(all, "PROTO mesh", "")).toEqual([all[1]]);
  expect(matching(all, "", "models")).toEqual([all[0]]);
  expect(matching(all, "proxy", "transport")).toEqual([]);
});
