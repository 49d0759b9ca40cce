/** Why a call failed, in the contract's words. */

import type { ErrorReasonJson } from "../generated/ownid/v1/error_reason_pb.js";

/** Why the service refused: the values of the contract's `ErrorReason` without their prefix. */
export type Reason = Exclude<ReasonOf<ErrorReasonJson>, "UNSPECIFIED">;

type ReasonOf<Value> = Value extends `ERROR_REASON_${infer Name}` ? Name : never;

/** The codes of google.rpc.Code, each at its number. */
const CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** What kind of failure it is. */
export type Code = Exclude<(typeof CODES)[number], "OK">;

/** One thing that is wrong with what was sent. */
export interface Violation {
  /** The field, such as `account.profile.email`. */
  field: string;
  /** What is wrong with it, for people. Never has the value. */
  description: string;
}

/** What an `OwnIDError` is made of. */
export interface ErrorDetails {
  code: Code;
  reason?: Reason | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  violations?: readonly Violation[] | undefined;
  retryDelayMs?: number | undefined;
  requestId?: string | undefined;
  cause?: unknown;
}

/** A call that failed. */
export class OwnIDError extends Error {
  override readonly name = "OwnIDError";
  /** What kind of failure it is; UNAVAILABLE also where the gateway cannot be reached. */
  readonly code: Code;
  /** Why the service refused; undefined where it was not the service that did. */
  readonly reason: Reason | undefined;
  /** What varies in the reason, such as the `property` of `VALUE_TAKEN`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What is wrong with what was sent, field by field. */
  readonly violations: readonly Violation[];
  /** After how many milliseconds another try makes sense; undefined where nobody said. */
  readonly retryDelayMs: number | undefined;
  /** By which the call is found in the logs of gateway and service. */
  readonly requestId: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, { cause: details.cause });
    this.code = details.code;
    this.reason = details.reason;
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.retryDelayMs = details.retryDelayMs;
    this.requestId = details.requestId;
  }
}

/** Returns whether something caught is an `OwnIDError`, of one of the reasons where any are given. */
export function isOwnIDError(error: unknown, ...reasons: Reason[]): error is OwnIDError {
  if (!(error instanceof OwnIDError)) return false;
  return reasons.length === 0 || (error.reason !== undefined && reasons.includes(error.reason));
}

/** A google.rpc.Status in JSON; its details are google.rpc.ErrorInfo, BadRequest and so on. */
interface Status {
  code?: number;
  message?: string;
  details?: Detail[];
}

interface Detail {
  reason?: Reason;
  metadata?: Record<string, string>;
  field_violations?: { field?: string; description?: string }[];
  violations?: { subject?: string; description?: string }[];
  retry_delay?: string;
}

/** Returns the error that an answer of the gateway says. */
export async function errorOf(answer: Response): Promise<OwnIDError> {
  const status: Status = await answer.json().catch(() => ({}));
  const details = status.details ?? [];
  const info = details.find((each) => each.reason !== undefined);
  return new OwnIDError(status.message || `The gateway answered with HTTP ${answer.status}.`, {
    code: codeOf(status.code, answer.status),
    reason: info?.reason,
    metadata: info?.metadata,
    violations: details.flatMap(violationsOf),
    retryDelayMs: retryDelayOf(details),
    requestId: answer.headers.get("x-request-id") ?? undefined,
  });
}

function codeOf(number: number | undefined, status: number): Code {
  const code = CODES[number ?? 0];
  if (code !== undefined && code !== "OK") return code;
  return status >= 500 ? "UNAVAILABLE" : "UNKNOWN";
}

function violationsOf(detail: Detail): Violation[] {
  const fields = (detail.field_violations ?? []).map((each) => [each.field, each.description]);
  const subjects = (detail.violations ?? []).map((each) => [each.subject, each.description]);
  return [...fields, ...subjects].map(([field = "", description = ""]) => ({ field, description }));
}

function retryDelayOf(details: Detail[]): number | undefined {
  const delay = details.find((each) => each.retry_delay !== undefined)?.retry_delay;
  return delay === undefined ? undefined : Number.parseFloat(delay) * 1000;
}

/** Returns whether an error says that nobody is signed in, or not any more. */
export function endsSession(error: unknown): boolean {
  return isOwnIDError(
    error,
    "SESSION_ENDED",
    "CREDENTIAL_MISSING",
    "CREDENTIAL_INVALID",
    "REFRESH_TOKEN_REUSED",
    "ACCOUNT_DISABLED",
  );
}
