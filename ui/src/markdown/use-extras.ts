"use client";

import { useEffect, useState } from "react";
import type { PluginConfig } from "streamdown";
import { CODE } from "./code";
import { patiently } from "./patiently";

const MATH = /\$\$/;
const DIAGRAM = /^ {0,3}(`{3,}|~{3,}) *mermaid/m;

/** Code alone, and math and diagrams once a text has some: each is larger than everything else together. */
export function useExtras(text: string): PluginConfig {
  const [plugins, setPlugins] = useState<PluginConfig>(CODE);
  const math = !plugins.math && MATH.test(text);
  const diagram = !plugins.mermaid && DIAGRAM.test(text);
  useEffect(() => {
    if (!math) return;
    void patiently(() => import("./math")).then(({ math: plugin }) =>
      setPlugins((known) => ({ ...known, math: plugin })),
    );
  }, [math]);
  useEffect(() => {
    if (!diagram) return;
    void patiently(() => import("./mermaid")).then(({ mermaid }) =>
      setPlugins((known) => ({ ...known, mermaid })),
    );
  }, [diagram]);
  return plugins;
}
