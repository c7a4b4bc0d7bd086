import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ComponentDetail } from "@/marketplace/component-detail";
import { manifests } from "@/marketplace/manifests";
import { Footer } from "@/site/footer";

interface Props {
  params: Promise<{ id: string }>;
}

export const dynamicParams = false;

export function generateStaticParams() {
  return manifests().map(({ id }) => ({ id }));
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id } = await params;
  const component = manifests().find((one) => one.id === id);
  return component ? { title: component.name, description: component.summary } : {};
}

export default async function Page({ params }: Props) {
  const { id } = await params;
  const component = manifests().find((one) => one.id === id);
  if (!component) notFound();
  return (
    <>
      <main id="main" className="page">
        <div aria-hidden className="page-glow" />
        <ComponentDetail component={component} />
      </main>
      <Footer />
    </>
  );
}
