/** One call of the gateway, whoever makes it. */

import { errorOf, OwnIDError } from "./errors.js";
import type { OwnIDOptions } from "./types.js";
import { anyOf } from "./waiting.js";
import { messageOf } from "./wire.js";

/** What is called: a method of REST below the app. */
export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  body?: object | undefined;
  accessToken?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Calls the gateway for an app; every failure but an abort is an `OwnIDError`. */
export class Transport {
  readonly #root: string;
  readonly #credentials: RequestCredentials;
  readonly #timeoutMs: number;
  readonly #disposed: AbortSignal;

  constructor(options: OwnIDOptions, disposed: AbortSignal) {
    const base = options.baseUrl.replace(/\/+$/, "");
    this.#root = `${base}/v1/apps/${encodeURIComponent(options.app)}/`;
    this.#credentials = options.mode === "bearer" ? "omit" : "include";
    this.#timeoutMs = options.timeoutMs ?? 15_000;
    this.#disposed = disposed;
  }

  /** Returns the message that the service answers. */
  call<Message>(call: Call): Promise<Message> {
    return this.#inTime(call, async (answer) => messageOf<Message>(await answer.json()));
  }

  /** Returns the answer of a stream once it begins; from then on only the call's signal ends it. */
  open(call: Call): Promise<Response> {
    return this.#inTime(call, async (answer) => answer);
  }

  async #inTime<Result>(call: Call, use: (answer: Response) => Promise<Result>): Promise<Result> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.#timeoutMs);
    try {
      return await use(await this.#send(call, timeout.signal));
    } catch (error) {
      throw this.#failure(error, call, timeout.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(call: Call, timeout: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (call.body !== undefined) headers["content-type"] = "application/json";
    if (call.accessToken !== undefined) headers["authorization"] = `Bearer ${call.accessToken}`;
    const answer = await fetch(this.#root + call.path, {
      method: call.method,
      body: call.body === undefined ? null : JSON.stringify(call.body),
      headers,
      credentials: this.#credentials,
      cache: "no-store",
      signal: anyOf(call.signal, timeout, this.#disposed),
    });
    if (!answer.ok) throw await errorOf(answer);
    return answer;
  }

  #failure(error: unknown, call: Call, timeout: AbortSignal): unknown {
    if (error instanceof OwnIDError) return error;
    for (const signal of [call.signal, this.#disposed]) {
      if (signal?.aborted) return signal.reason;
    }
    if (timeout.aborted) {
      const message = "The gateway did not answer in time.";
      return new OwnIDError(message, { code: "DEADLINE_EXCEEDED", cause: error });
    }
    const message = "The gateway cannot be reached, or does not let this page call it.";
    return new OwnIDError(message, { code: "UNAVAILABLE", cause: error });
  }
}
