import { expect, test } from "vitest";
import { segmentsOf } from "@/markdown/segments";

const PARAGRAPH = `${"word ".repeat(200)}\n\n`;

test("a short text is one segment", () => {
  expect(segmentsOf("# A\n\nb")).toEqual(["# A\n\nb"]);
});

test("segments put together are the text", () => {
  const text = PARAGRAPH.repeat(40);
  expect(segmentsOf(text).join("")).toBe(text);
  expect(segmentsOf(text).length).toBeGreaterThan(5);
});

test("a text that grows keeps the segments it had", () => {
  const text = `${PARAGRAPH.repeat(12)}\`\`\`js\n${"let a;\n\n".repeat(900)}\`\`\`\n\n${PARAGRAPH.repeat(12)}`;
  let known: string[] = [];
  for (let length = 0; length <= text.length; length += 97) {
    const grown = segmentsOf(text.slice(0, length), known);
    expect(grown.slice(0, known.length - 1)).toEqual(known.slice(0, -1));
    known = grown;
  }
  expect(segmentsOf(text, known)).toEqual(segmentsOf(text));
});

test.each([
  ["code", `\`\`\`js\n${"let a = 1;\n\n".repeat(900)}\`\`\`\n`],
  ["math", `$$\n${"a + b\n\n".repeat(900)}$$\n`],
  ["a list", "- item\n\n".repeat(900)],
  ["a numbered list", "1. item\n\n".repeat(900)],
  ["a quote", "> said\n\n".repeat(900)],
])("%s is not torn", (_, block) => {
  expect(segmentsOf(`${block}\nAfter.\n`)[0]).toContain(block);
});

test("another text begins anew", () => {
  expect(segmentsOf("other", segmentsOf(PARAGRAPH.repeat(20)))).toEqual(["other"]);
});
