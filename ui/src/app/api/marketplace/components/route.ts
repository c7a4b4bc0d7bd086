import { manifests } from "@/marketplace/manifests";

export const dynamic = "force-static";

/** The catalogue as a file of the export. A service that has this path of its own goes before it. */
export function GET() {
  return Response.json({ components: manifests() });
}
