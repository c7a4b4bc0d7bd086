import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Component } from "./component";

// The service that serves the catalogue keeps the manifests, and refuses to start with a wrong one.
const FOLDER = join(process.cwd(), "../competition/janus_competition/marketplace/manifests");

/** The manifests of the repository, by name. Runs while the pages are built: each has a page of its own. */
export function manifests(): Component[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => manifest(readFileSync(join(FOLDER, name), "utf8")))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function manifest(text: string): Component {
  const read = JSON.parse(text) as Omit<Component, "trial"> & { trial?: Partial<Component["trial"]> };
  const { trial } = read;
  return { ...read, trial: trial ? { label: "", input: "", note: "", model: "", ...trial } : null };
}
