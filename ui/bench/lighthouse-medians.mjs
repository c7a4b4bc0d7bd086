// Prints one line for a page: the medians of what Lighthouse reports say. Arguments: a label, and the reports' files.
import { readFileSync } from "node:fs";

const METRICS = {
  FCP: ["first-contentful-paint", (ms) => `${(ms / 1000).toFixed(1)} s`],
  LCP: ["largest-contentful-paint", (ms) => `${(ms / 1000).toFixed(1)} s`],
  SI: ["speed-index", (ms) => `${(ms / 1000).toFixed(1)} s`],
  TBT: ["total-blocking-time", (ms) => `${Math.round(ms)} ms`],
  CLS: ["cumulative-layout-shift", (shift) => shift.toFixed(3)],
};

const [label, ...files] = process.argv.slice(2);
const reports = files.map((file) => JSON.parse(readFileSync(file, "utf8")));

/** Of an even number, the lower of the two in the middle. */
function median(values) {
  return values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

const scores = Object.keys(reports[0].categories).map(
  (id) => `${id} ${Math.round(100 * median(reports.map((report) => report.categories[id].score)))}`,
);
const metrics = Object.entries(METRICS).map(
  ([name, [id, shown]]) =>
    `${name} ${shown(median(reports.map((report) => report.audits[id].numericValue)))}`,
);
console.log(label.padEnd(38), scores.join("  "), "", metrics.join("  "));
