import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { CodeSample } from "@/site/code-sample";
import type { Component } from "./component";
import { TryLive } from "./try-live";

/** All there is to know of one component. */
export function ComponentDetail({ component }: { component: Component }) {
  return (
    <article className="pt-10">
      <Link
        href="/marketplace"
        prefetch={false}
        className="inline-flex items-center gap-2 py-2 text-muted hover:text-text"
      >
        <ArrowLeft size={17} aria-hidden /> All components
      </Link>
      <p className="eyebrow mt-6">
        {component.kind} · {component.category}
      </p>
      <h1 className="mt-3 font-extrabold text-4xl sm:text-6xl">{component.name}</h1>
      <p className="mt-4 max-w-2xl text-lg text-muted">{component.summary}</p>
      <dl className="mt-8 grid gap-4 sm:grid-cols-3">
        <Fact name="Contract" value={component.contract} />
        <Fact name="Address" value={component.address} />
        <Fact name="Source" value={`${component.source}/`} />
      </dl>
      {component.trial && <TryLive component={component} trial={component.trial} />}
      <div className="grid gap-x-8 lg:grid-cols-[2fr_3fr]">
        <Section title="Operations">
          <Rows rows={component.operations} />
        </Section>
        <Section title="Sample">
          <CodeSample name={component.sample.language} code={component.sample.code} />
        </Section>
        <Section title="Settings">
          <Rows rows={component.settings} />
        </Section>
        <Section title="Versions">
          <Rows rows={component.versions.map(({ version, notes }) => ({ name: version, what: notes }))} />
        </Section>
      </div>
      <details className="mt-12">
        <summary className="min-h-11 py-2 font-bold text-2xl marker:text-moss-text">Manifest</summary>
        <div className="mt-4">
          <CodeSample name={`${component.id}.json`} code={JSON.stringify(component, null, 2)} />
        </div>
      </details>
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="glass rounded-2xl px-5 py-4">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="mt-1 font-code [overflow-wrap:anywhere]">{value}</dd>
    </div>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="mt-12 min-w-0">
      <h2 className="mb-4 font-bold text-2xl">{title}</h2>
      {children}
    </section>
  );
}

function Rows({ rows }: { rows: { name: string; what: string }[] }) {
  return (
    <dl className="glass divide-y divide-line rounded-2xl">
      {rows.map((row) => (
        <div
          key={row.name}
          className="grid gap-1 px-5 py-3.5 sm:max-lg:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)] sm:max-lg:gap-6"
        >
          <dt className="font-code text-sm [overflow-wrap:anywhere]">{row.name}</dt>
          <dd className="text-muted">{row.what}</dd>
        </div>
      ))}
    </dl>
  );
}
