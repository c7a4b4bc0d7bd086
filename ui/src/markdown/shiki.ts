/**
 * Stands in for `shiki`, which would bring every language there is as a file of its own.
 * `next.config.ts` makes the highlighter find this instead.
 */
import { createBundledHighlighter } from "@shikijs/core";
import { createJavaScriptRegexEngine } from "@shikijs/engine-javascript";

const ALIASES: Record<string, string[]> = {
  bash: ["sh", "shell", "zsh", "console"],
  c: ["h"],
  cpp: ["c++", "hpp"],
  csharp: ["c#", "cs"],
  css: [],
  diff: ["patch"],
  docker: ["dockerfile"],
  go: ["golang"],
  html: [],
  java: [],
  javascript: ["js", "mjs", "cjs", "node"],
  json: ["jsonc"],
  jsx: [],
  kotlin: ["kt"],
  markdown: ["md"],
  php: [],
  proto: ["protobuf"],
  python: ["py"],
  ruby: ["rb"],
  rust: ["rs"],
  sql: ["postgresql", "sqlite"],
  swift: [],
  toml: [],
  tsx: [],
  typescript: ["ts"],
  yaml: ["yml"],
};

export const bundledLanguages = {
  bash: () => import("@shikijs/langs/bash"),
  c: () => import("@shikijs/langs/c"),
  cpp: () => import("@shikijs/langs/cpp"),
  csharp: () => import("@shikijs/langs/csharp"),
  css: () => import("@shikijs/langs/css"),
  diff: () => import("@shikijs/langs/diff"),
  docker: () => import("@shikijs/langs/docker"),
  go: () => import("@shikijs/langs/go"),
  html: () => import("@shikijs/langs/html"),
  java: () => import("@shikijs/langs/java"),
  javascript: () => import("@shikijs/langs/javascript"),
  json: () => import("@shikijs/langs/json"),
  jsx: () => import("@shikijs/langs/jsx"),
  kotlin: () => import("@shikijs/langs/kotlin"),
  markdown: () => import("@shikijs/langs/markdown"),
  php: () => import("@shikijs/langs/php"),
  proto: () => import("@shikijs/langs/proto"),
  python: () => import("@shikijs/langs/python"),
  ruby: () => import("@shikijs/langs/ruby"),
  rust: () => import("@shikijs/langs/rust"),
  sql: () => import("@shikijs/langs/sql"),
  swift: () => import("@shikijs/langs/swift"),
  toml: () => import("@shikijs/langs/toml"),
  tsx: () => import("@shikijs/langs/tsx"),
  typescript: () => import("@shikijs/langs/typescript"),
  yaml: () => import("@shikijs/langs/yaml"),
};

export const bundledLanguagesInfo = Object.keys(bundledLanguages).map((id) => ({
  id,
  name: id,
  aliases: ALIASES[id] ?? [],
}));

const bundledThemes = {
  "github-light-high-contrast": () => import("@shikijs/themes/github-light-high-contrast"),
  "github-dark-high-contrast": () => import("@shikijs/themes/github-dark-high-contrast"),
};

export const createHighlighter = createBundledHighlighter({
  langs: bundledLanguages,
  themes: bundledThemes,
  engine: () => createJavaScriptRegexEngine({ forgiving: true }),
});
