// Writes src/gateway/api.d.ts from the edge's OpenAPI document on standard input; with --check it only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const FILE = "src/gateway/api.d.ts";
const HEAD = "// Made by `make ui-types` from the edge's OpenAPI document. Not to be edited.\n\n";

const types = HEAD + astToString(await openapiTS(await text(process.stdin)));
if (!process.argv.includes("--check")) {
  writeFileSync(FILE, types);
} else if (readFileSync(FILE, "utf8") !== types) {
  console.error(`ui/${FILE} does not say what the edge says: run \`make ui-types\``);
  process.exit(1);
}
