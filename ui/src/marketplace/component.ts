import type { components } from "@/gateway/api";

/** A manifest of the catalogue: something that competitors can build on, which exists in this repository. */
export type Component = components["schemas"]["MarketplaceComponent"];
export type Trial = NonNullable<Component["trial"]>;

/** Those whose text holds every word of the query and that are of the category, if one is given. */
export function matching(found: Component[], query: string, category: string): Component[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return found.filter((component) => {
    const text = [component.name, component.summary, component.kind, component.contract, component.category]
      .join(" ")
      .toLowerCase();
    return (!category || component.category === category) && words.every((word) => text.includes(word));
  });
}
