import { createCodePlugin } from "@streamdown/code";
import type { PluginConfig } from "streamdown";

/** The highlighter, which every text gets. */
export const CODE: PluginConfig = {
  code: createCodePlugin({ themes: ["github-light-high-contrast", "github-dark-high-contrast"] }),
};
