"use client";

import { ArrowRight, Search } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { asMarketplace } from "@/gateway/competition";
import { useOptional } from "@/gateway/use-optional";
import { EmptyState } from "@/site/empty-state";
import { useLive } from "@/site/use-live";
import { type Listed, matching } from "./component";

const PATH = "/api/marketplace/components";

/** All components, to be searched and filtered: those that were there when the page was built, until the gateway answers. */
export function Catalogue({ built }: { built: Listed[] }) {
  const read = useOptional(PATH, asMarketplace);
  const live = useLive();
  const [query, setQuery] = useState("");
  const [category, setCategory] = useState("");
  const components = read.kind === "read" ? read.value.components : read.kind === "asking" ? built : [];
  const categories = [...new Set(components.map((component) => component.category))].sort();
  const found = matching(components, query, category);
  return (
    <section aria-label="Components">
      <div className="flex flex-wrap items-center gap-3">
        <div className="relative w-full sm:w-80">
          <Search size={17} aria-hidden className="absolute top-3.5 left-3.5 text-muted" />
          <input
            type="search"
            aria-label="Search the components"
            placeholder="Search"
            className="field pl-10"
            disabled={!live}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        </div>
        <div role="group" aria-label="Category" className="flex flex-wrap gap-2">
          {["", ...categories].map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={category === name}
              disabled={!live}
              className="btn btn-quiet aria-pressed:border-moss-text aria-pressed:bg-well aria-pressed:text-moss-text"
              onClick={() => setCategory(name)}
            >
              {name || "all"}
            </button>
          ))}
        </div>
        <p role="status" className="text-muted">
          {components.length > 0 && `${found.length} of ${components.length}`}
        </p>
      </div>
      <div className="mt-6">
        {read.kind === "failed" && <EmptyState title="The catalogue cannot be read">{read.why}</EmptyState>}
        {read.kind === "absent" && (
          <EmptyState title="No catalogue here">
            The competition service, which keeps the catalogue, does not run here. <code>janus up</code>{" "}
            starts it.
          </EmptyState>
        )}
        {components.length > 0 && !found.length && (
          <EmptyState title="Nothing fits">Try another word, or all categories.</EmptyState>
        )}
        <ul className="grid gap-4 md:grid-cols-2 lg:grid-cols-3">
          {found.map((component) => (
            <Card key={component.id} component={component} />
          ))}
        </ul>
      </div>
    </section>
  );
}

function Card({ component }: { component: Listed }) {
  return (
    <li className="glass group relative flex flex-col rounded-3xl p-6 transition-colors hover:border-moss-text">
      <p className="font-code text-muted text-xs">
        {component.kind} · {component.contract} · v{component.versions[0]?.version}
      </p>
      <h2 className="mt-2 font-semibold text-2xl">
        <Link
          href={`/marketplace/${component.id}`}
          prefetch={false}
          className="after:absolute after:inset-0 after:rounded-3xl"
        >
          {component.name}
        </Link>
      </h2>
      <p className="mt-2 flex-1 text-muted">{component.summary}</p>
      <p className="mt-5 flex items-center gap-2 font-semibold text-moss-text">
        Look and try{" "}
        <ArrowRight size={17} aria-hidden className="transition-transform group-hover:translate-x-1" />
      </p>
    </li>
  );
}
