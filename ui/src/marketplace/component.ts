import type { components } from "@/gateway/api";

/** A manifest of the catalogue: something that competitors can build on, which exists in this repository. */
export type Component = components["schemas"]["MarketplaceComponent"];
export type Trial = NonNullable<Component["trial"]>;
/** What the catalogue shows of one, and searches in. */
export type Listed = Pick<
  Component,
  "id" | "name" | "summary" | "category" | "kind" | "contract" | "versions"
>;

/** Without what the catalogue does not show: a page that lists all need not carry all. */
export function listed({ id, name, summary, category, kind, contract, versions }: Component): Listed {
  return { id, name, summary, category, kind, contract, versions: versions.slice(0, 1) };
}

/** Those whose text holds every word of the query and that are of the category, if one is given. */
export function matching(found: Listed[], query: string, category: string): Listed[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return found.filter((component) => {
    const text = [component.name, component.summary, component.kind, component.contract, component.category]
      .join(" ")
      .toLowerCase();
    return (!category || component.category === category) && words.every((word) => text.includes(word));
  });
}
