import { isRecord } from "@/gateway/errors";

interface Named {
  name: string;
  what: string;
}

/** A manifest of the catalogue: something that competitors can build on, which exists in this repository. */
export interface Component {
  id: string;
  name: string;
  summary: string;
  category: string;
  kind: string;
  contract: string; // OpenAPI, proto or MCP
  source: string; // folder of the repository
  address: string;
  operations: Named[];
  settings: Named[];
  versions: { version: string; notes: string }[];
  sample: { language: string; code: string };
  try?: { model: string; prompt: string; note: string };
}

/** The components of `{"components": [...]}`; entries that are no manifests are left out. */
export function componentsOf(body: unknown): Component[] {
  const list = isRecord(body) && Array.isArray(body.components) ? body.components : [];
  return list.filter(isComponent);
}

function isComponent(value: unknown): value is Component {
  if (!isRecord(value) || !isRecord(value.sample) || typeof value.sample.code !== "string") return false;
  const texts = ["id", "name", "summary", "category", "kind", "contract", "source", "address"];
  const lists = ["operations", "settings", "versions"];
  return (
    texts.every((name) => typeof value[name] === "string") &&
    lists.every((name) => Array.isArray(value[name]))
  );
}

/** Those whose text holds every word of the query and that are of the category, if one is given. */
export function matching(components: Component[], query: string, category: string): Component[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return components.filter((component) => {
    const text = [component.name, component.summary, component.kind, component.contract, component.category]
      .join(" ")
      .toLowerCase();
    return (!category || component.category === category) && words.every((word) => text.includes(word));
  });
}
