import { gatewayUrl } from "@/gateway/base-url";
import { errorOfResponse, unreachable } from "@/gateway/errors";

export interface Submission {
  id: string;
  url: string;
  description: string;
  contact: string;
}

export type Field = keyof Submission;
export type Problems = Partial<Record<Field, string>>;

export const EMPTY: Submission = { id: "", url: "", description: "", contact: "" };

const ID = /^[a-z0-9][a-z0-9-]{1,62}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SCHEMES = new Set(["http:", "https:", "grpc:"]);
const LONGEST_DESCRIPTION = 300;

/** What is wrong, by field; empty when nothing is. */
export function problemsOf(submission: Submission): Problems {
  const problems: Problems = {};
  if (!ID.test(submission.id)) problems.id = "Small letters, digits and dashes; 2 to 63 of them.";
  if (!isAddress(submission.url)) problems.url = "An address that begins with http://, https:// or grpc://.";
  if (!submission.description.trim()) problems.description = "One sentence about what it is good at.";
  if (submission.description.length > LONGEST_DESCRIPTION)
    problems.description = `At most ${LONGEST_DESCRIPTION} characters.`;
  if (!EMAIL.test(submission.contact)) problems.contact = "An e-mail address, for questions about the entry.";
  return problems;
}

function isAddress(text: string): boolean {
  try {
    const { protocol, host } = new URL(text);
    return SCHEMES.has(protocol) && host !== "";
  } catch {
    return false;
  }
}

/** The entry for `competitors.yaml`, by which a Janus of one's own takes the competitor up. */
export function registryEntry({ id, url, description }: Submission): string {
  return `competitors:\n  - id: ${id}\n    url: ${url}\n    description: ${JSON.stringify(description.trim())}\n`;
}

/** Stores it. True when it is stored, false where no service takes submissions. Throws `GatewayError`. */
export async function submit(submission: Submission): Promise<boolean> {
  const response = await fetch(gatewayUrl("/api/competition/submissions"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(submission),
  }).catch(() => {
    throw unreachable();
  });
  if (response.ok) return true;
  if ([404, 405, 501, 503].includes(response.status)) return false;
  throw await errorOfResponse(response);
}
