"use client";

import { type ControlsConfig, Streamdown } from "streamdown";
import { BoundedBlock } from "./bounded-block";
import { HeaderCell, SafeImage, SafeLink, TaskBox } from "./parts";
import { safeUrl } from "./safe-url";
import { useExtras } from "./use-extras";
import "./markdown.css";

// Constants, not literals in the element: the renderer compares its settings by identity.
const COMPONENTS = { a: SafeLink, img: SafeImage, input: TaskBox, th: HeaderCell };
const NO_HTML: [] = []; // without the plugin that parses it, HTML is shown as the text it is
const CONTROLS: ControlsConfig = {
  code: { copy: true, download: false },
  table: { copy: true, download: false, fullscreen: false },
  mermaid: { copy: true, download: false, fullscreen: false, panZoom: false },
  image: { download: false },
};
const MERMAID = { config: { securityLevel: "strict", theme: "neutral" } };

export default function Rendered({ text, streaming }: { text: string; streaming: boolean }) {
  const plugins = useExtras(text);
  return (
    <Streamdown
      className="markdown"
      mode="streaming"
      isAnimating={streaming}
      dir="auto"
      components={COMPONENTS}
      rehypePlugins={NO_HTML}
      urlTransform={safeUrl}
      plugins={plugins}
      controls={CONTROLS}
      mermaid={MERMAID}
      BlockComponent={BoundedBlock}
      codeBlockMaxHeight={0}
      tableMaxHeight={0}
      lineNumbers={false}
    >
      {text}
    </Streamdown>
  );
}
