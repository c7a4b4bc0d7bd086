import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Component, componentsOf } from "./component";

const FOLDER = join(process.cwd(), "catalogue");

/** The manifests of the repository, by name. Runs while the pages are built. */
export function manifests(): Component[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  const read = files.map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as unknown);
  const components = componentsOf({ components: read });
  if (components.length !== files.length) throw new Error("a manifest in catalogue/ lacks a field");
  return components.sort((one, other) => one.name.localeCompare(other.name));
}
