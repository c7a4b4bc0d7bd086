import type { Metadata } from "next";
import { Catalogue } from "@/marketplace/catalogue";
import { listed } from "@/marketplace/component";
import { manifests } from "@/marketplace/manifests";
import { SubmissionRules } from "@/marketplace/submission-rules";
import { Footer } from "@/site/footer";
import { PageHead } from "@/site/page-head";

export const metadata: Metadata = {
  title: "Marketplace",
  description: "Components that competitors build on, each with its contract, a sample and a live trial.",
};

export default function Page() {
  return (
    <>
      <main id="main" className="page">
        <PageHead eyebrow="Marketplace" title="Parts for the next contender">
          Services and libraries that a competitor can build on. What is listed here runs here: each has its
          contract, a sample, and a way to try it at once.
        </PageHead>
        <Catalogue built={manifests().map(listed)} />
        <SubmissionRules />
      </main>
      <Footer />
    </>
  );
}
