import type { NewSubmission, StoredSubmission } from "@/gateway/competition";
import { postJson } from "@/gateway/post-json";

export type Field = keyof NewSubmission;
export type Problems = Partial<Record<Field, string>>;

export const TRANSPORTS = ["http", "grpc", "image"] as const;

export const EMPTY: NewSubmission = {
  name: "",
  transport: "http",
  address: "",
  license: "",
  description: "",
  contact: "",
};

const NAME = /^[a-z0-9][a-z0-9-]{1,62}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SCHEMES: Record<string, string[]> = { http: ["http:", "https:"], grpc: ["grpc:"] };
const LONGEST_DESCRIPTION = 300;

/** What is wrong, by field; empty when nothing is. The service looks again, and closer. */
export function problemsOf(submission: NewSubmission): Problems {
  const problems: Problems = {};
  if (!NAME.test(submission.name)) problems.name = "Small letters, digits and dashes; 2 to 63 of them.";
  const address = addressProblem(submission);
  if (address) problems.address = address;
  if (!submission.license.trim()) problems.license = "An SPDX identifier such as MIT, or proprietary.";
  if (!submission.description.trim()) problems.description = "One sentence about what it is good at.";
  if (submission.description.length > LONGEST_DESCRIPTION)
    problems.description = `At most ${LONGEST_DESCRIPTION} characters.`;
  if (!EMAIL.test(submission.contact)) problems.contact = "An e-mail address, for questions about the entry.";
  return problems;
}

function addressProblem({ transport, address }: NewSubmission): string | undefined {
  const schemes = SCHEMES[transport];
  if (!schemes) return address.trim() ? undefined : "An image reference such as ghcr.io/you/agent:1.0.";
  const sound = URL.canParse(address) && new URL(address).host !== "";
  if (sound && schemes.includes(new URL(address).protocol)) return undefined;
  return `An address that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}.`;
}

/** The entry for `competitors.yaml`, by which a Janus of one's own takes the competitor up. */
export function registryEntry({ name, address, description }: NewSubmission): string {
  return `competitors:\n  - id: ${name}\n    url: ${address}\n    description: ${JSON.stringify(description.trim())}\n`;
}

/** Has it stored. Throws `GatewayError`. */
export function submit(submission: NewSubmission): Promise<StoredSubmission> {
  return postJson<StoredSubmission>("/api/competition/submissions", submission);
}
