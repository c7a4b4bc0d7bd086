import { mermaid as plugin } from "@streamdown/mermaid";
import { withoutTags } from "./diagram-text";

/** Diagrams of text alone: tags in labels are parsed while a diagram is laid out, before they are cleaned away. */
export const mermaid: typeof plugin = {
  ...plugin,
  getMermaid: (config) => {
    const drawing = plugin.getMermaid(config);
    return { ...drawing, render: (id, source) => drawing.render(id, withoutTags(source)) };
  },
};
