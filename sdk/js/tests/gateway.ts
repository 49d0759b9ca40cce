/** A gateway of the test's own behind `fetch`. */

import { vi } from "vitest";

/** A call as it arrived. */
export interface Arrived {
  method: string;
  path: string;
  body: Record<string, unknown> | undefined;
  authorization: string | undefined;
}

/** What is answered: JSON, a whole answer, or nothing as when the network is gone. */
export type Answering = (call: Arrived) => unknown;

/** Answers every call by `answering`, and returns the calls as they arrive. */
export function answerBy(answering: Answering): Arrived[] {
  const arrived: Arrived[] = [];
  vi.stubGlobal("fetch", async (url: string, words: RequestInit) => {
    words.signal?.throwIfAborted();
    const sent = words.headers as Record<string, string>;
    const call: Arrived = {
      method: words.method ?? "GET",
      path: url.replace("https://api.example.com/v1/apps/shop/", ""),
      body: words.body ? JSON.parse(words.body as string) : undefined,
      authorization: sent["authorization"],
    };
    arrived.push(call);
    const aborted = new Promise<never>((_, reject) => {
      words.signal?.addEventListener("abort", () => reject(words.signal?.reason));
    });
    const answer = await Promise.race([answering(call), aborted]);
    if (!(answer instanceof Response)) return Response.json(answer);
    const { body, status, headers } = answer;
    const stopping = words.signal ? { signal: words.signal } : {};
    const readable = body?.pipeThrough(new TransformStream(), stopping) ?? null;
    return new Response(readable, { status, headers });
  });
  return arrived;
}

/** Returns an error as the gateway words it. */
export function refusal(
  reason: string,
  { status = 401, code = 16, details = [] as object[] } = {},
): Response {
  const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "ownid" };
  const body = { code, message: `It is ${reason}.`, details: [info, ...details] };
  return Response.json(body, { status, headers: { "x-request-id": "r1" } });
}

/** Returns what the gateway says while no server takes calls. */
export function unavailable(seconds = 1): Response {
  const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retry_delay: `${seconds}s` };
  const body = { code: 14, message: "No server takes the call now; try again.", details: [retry] };
  return Response.json(body, { status: 503 });
}

/** Returns a session as the gateway words it. */
export function sessionOf(id: string, words: object = {}): object {
  return {
    name: `apps/shop/accounts/1/sessions/${id}`,
    state: "ACTIVE",
    create_time: "2026-01-01T00:00:00Z",
    last_active_time: "2026-01-01T00:00:00Z",
    expire_time: "2026-02-01T00:00:00Z",
    idle_timeout: "3600s",
    ...words,
  };
}

/** Returns what comes with new tokens that last so many seconds from now. */
export function openedOf(id: string, seconds: number, tokens: object = {}): object {
  const expireTime = new Date(Date.now() + seconds * 1000).toISOString();
  return { session: sessionOf(id), access_token_expire_time: expireTime, ...tokens };
}

/** A stream of events that the test feeds. */
export class Stream {
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The answer that it is the body of. */
  readonly answer = new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    }),
  );

  /** Sends an event. */
  send(event: object): void {
    this.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** Sends a piece of text. */
  write(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }

  /** Ends it, as a server does that stops. */
  end(): void {
    this.#controller?.close();
  }
}

/** A promise that the test fulfils. */
export function awaited<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  return Promise.withResolvers<Value>();
}
