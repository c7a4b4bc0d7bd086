// Writes a .br and a .gz beside every file of the export that shrinks, so that the edge compresses nothing.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = "out";
const TEXT = /\.(html|js|css|json|svg|txt|webmanifest|xml)$/;
const SMALLEST = 512; // bytes; below, a header costs more than it saves

const names = readdirSync(OUT, { recursive: true }).filter((name) => TEXT.test(name));
for (const name of names) {
  const file = join(OUT, name);
  const plain = readFileSync(file);
  if (plain.length < SMALLEST) continue;
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }));
}
