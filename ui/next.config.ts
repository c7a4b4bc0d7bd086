import type { NextConfig } from "next";

/** The export is plain files: the edge serves them at its own address, so the pages and the API share an origin. */
const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  typescript: { ignoreBuildErrors: true }, // `make check` looks for them
  turbopack: {
    // The highlighter asks for every language there is; ours knows those that people ask for.
    resolveAlias: { shiki: "./src/markdown/shiki.ts" },
  },
};

export default config;
