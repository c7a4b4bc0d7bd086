import { expect, test } from "vitest";
import { withDollarMath } from "@/markdown/math-marks";

const FENCE = "```";

test.each([
  ["a fence", `${FENCE}tex\n$x_1$ and $$\n${FENCE}`],
  [
    "a fence of four backticks that holds one of three",
    `${FENCE}\`md\n${FENCE}\n$$\nx\n$$\nwith $w$\n${FENCE}\n$y$ \\(z\\)\n${FENCE}\``,
  ],
  ["a fence of tildes", "~~~\n$x_1$\n~~~"],
  ["a fence of tildes that holds one of backticks", `~~~md\n${FENCE}\n$x_1$\n${FENCE}\n$y$\n~~~`],
  ["a fence that is open yet", `${FENCE}sh\n$x$\n`],
  ["a fence in a list", `- item\n\n  ${FENCE}\n  $x_1$\n  ${FENCE}`],
  ["a fence that begins a list item", `- ${FENCE}\n  $x_1$\n  ${FENCE}`],
  ["a fence in a numbered list", `10. item\n    ${FENCE}\n    $x_1$\n    ${FENCE}`],
  ["a fence in a quote", `> ${FENCE}\n> $x_1$\n> ${FENCE}`],
  ["a fence that holds a quote with a fence", `${FENCE}\n> ${FENCE}\n$x_1$\n${FENCE}`],
  ["indented code", "So:\n\n    echo $x$ \\(y\\)\n\n    $z$\n"],
  ["code that a tab indents", "So:\n\n\t$x$\n"],
  ["indented code in a list", "- item\n\n      $x$\n"],
  ["code in a line", "`$x$` and ``a ` $y$ b``"],
  ["code over two lines", "`one $x$\ntwo $y$`"],
  ["escaped dollars", "\\$x\\$ costs \\$5"],
  ["prices", "It costs $5 and $10, or US$3."],
  ["math in the renderer's form", "$$x_1$$ and\n\n$$\ny\n$$\n"],
])("%s stays as it is", (_, text) => {
  expect(withDollarMath(text)).toBe(text);
});

test.each([
  ["after a fence", `${FENCE}\`\n${FENCE}\n${FENCE}\`\n$x$`, `${FENCE}\`\n${FENCE}\n${FENCE}\`\n$$x$$`],
  ["after a fence of tildes", "~~~\n```\n~~~\n$x$", "~~~\n```\n~~~\n$$x$$"],
  ["after a quote whose fence was not closed", `> ${FENCE}\n> a\n\n$x$`, `> ${FENCE}\n> a\n\n$$x$$`],
  ["after a list item whose fence was not closed", `- ${FENCE}\n  a\n\n$x$`, `- ${FENCE}\n  a\n\n$$x$$`],
  ["in a paragraph's line that is indented", "A line\n    and $x$ more", "A line\n    and $$x$$ more"],
  ["in a list's second paragraph", "1. one\n\n    with $x$", "1. one\n\n    with $$x$$"],
  ["in nested items", "- a\n    - b $x$\n        - c $y$", "- a\n    - b $$x$$\n        - c $$y$$"],
  ["in a sentence with backticks", `\`a\` is $x$ and \`b\``, "`a` is $$x$$ and `b`"],
  ["after a lone backtick", "a ` b $x$", "a ` b $$x$$"],
  ["in parentheses of LaTeX", "\\(x_1\\)", "$$x_1$$"],
  ["in brackets with a row that has a distance", "\\[a \\\\[4pt] b\\]", "\n$$\na \\\\[4pt] b\n$$\n"],
  ["after a bracket that is not closed", "\\[ a\n\n\\[x\\]", "\\[ a\n\n\n$$\nx\n$$\n"],
  ["in brackets of LaTeX", "\\[\nx\n\\]", "\n$$\nx\n$$\n"],
])("math is marked %s", (_, text, marked) => {
  expect(withDollarMath(text)).toBe(marked);
});

test.each(["`", "$", "$x", "\\(", "\\[", "> ", "- ", "``` ", "`a` $", "\n- > "])(
  "%j many times over is read in time",
  (text) => {
    const long = text.repeat(100_000 / text.length);
    const began = performance.now();
    withDollarMath(`$${long}`);
    expect(performance.now() - began).toBeLessThan(2_000);
  },
);
