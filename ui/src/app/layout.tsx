import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Header } from "@/site/header";
import { THEME_SCRIPT } from "@/site/theme-script";
import "@fontsource-variable/bricolage-grotesque/wght.css";
import "@fontsource-variable/hanken-grotesk/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Janus: anything in, anything out", template: "%s · Janus" },
  description:
    "A competitive, OpenAI-compatible intelligence API: anyone submits a container, Janus routes, guards and measures it.",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f5f7f3" },
    { media: "(prefers-color-scheme: dark)", color: "#0b0f14" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Before the first paint, or a chosen theme would flash. */}
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body className="flex min-h-dvh flex-col">
        <a
          href="#main"
          className="btn btn-primary fixed top-2 left-2 z-50 -translate-y-20 opacity-0 focus:translate-y-0 focus:opacity-100"
        >
          Skip to content
        </a>
        <Header />
        {children}
      </body>
    </html>
  );
}
