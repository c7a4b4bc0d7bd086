/** Anything that keeps an answer from being whole, in words for the person who asked. */
export class GatewayError extends Error {
  constructor(
    message: string,
    readonly fault: {
      status?: number; // of the HTTP answer, when there was one
      type?: string;
      code?: string;
      param?: string;
      retryAfter?: number; // seconds
      requestId?: string;
    } = {},
  ) {
    super(message);
  }
}

export const UNREACHABLE = "gateway_unreachable";
export const BROKEN_OFF = "stream_broken_off";

/** Nobody answers at the gateway's address. */
export function unreachable(): GatewayError {
  return new GatewayError("The gateway cannot be reached. Check that it runs and that you are online.", {
    code: UNREACHABLE,
  });
}

/** The connection ended before the answer did. */
export function brokenOff(): GatewayError {
  return new GatewayError("The connection broke off before the answer was complete.", { code: BROKEN_OFF });
}

/** The error that a response with a bad status stands for. */
export async function errorOfResponse(response: Response): Promise<GatewayError> {
  const body: unknown = await response.json().catch(() => null);
  const retryAfter = Number(response.headers.get("retry-after")) || undefined;
  const requestId = response.headers.get("x-request-id") ?? undefined;
  return errorOfBody(body, { status: response.status, retryAfter, requestId });
}

/** The error of an `{"error": {...}}` object; a body of another shape gives a plain one. */
export function errorOfBody(
  body: unknown,
  known: { status?: number; retryAfter?: number | undefined; requestId?: string | undefined } = {},
): GatewayError {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const text = (name: string) => (typeof error[name] === "string" ? (error[name] as string) : undefined);
  const message = text("message") ?? `The gateway answered with status ${known.status ?? "unknown"}.`;
  return new GatewayError(
    message,
    dropUndefined({ ...known, type: text("type"), code: text("code"), param: text("param") }),
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function dropUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
