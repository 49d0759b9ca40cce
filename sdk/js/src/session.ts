/** The session of this browser. */

import type { ExchangeTicketResponseJson } from "../generated/ownid/v1/session_service_pb.js";
import type { Calls } from "./calls.js";
import type { Credentials } from "./credentials.js";
import { endsSession, OwnIDError } from "./errors.js";
import { Known } from "./known.js";
import type { Refreshing } from "./refreshing.js";
import type { Transport } from "./transport.js";
import type { Turns } from "./turns.js";
import type { CallOptions, Session, SessionClient } from "./types.js";
import { waitFor } from "./waiting.js";

/** What is told of it. */
export interface SessionListener {
  /** The session is not as it was. */
  changed(session: Session | null, before: Session | null | undefined): void;
  /** It has ended other than by this tab. */
  expired(reason: string): void;
  /** This tab has signed in or out. */
  replaced(): void;
}

/** What a session is called and changed by. */
export interface SessionParts {
  transport: Transport;
  credentials: Credentials;
  turns: Turns;
  calls: Calls;
  refreshing: Refreshing;
}

/** Knows the session, and signs in and out. */
export class OwnSession implements SessionClient {
  readonly #parts: SessionParts;
  readonly #listener: SessionListener;
  readonly #known = new Known<Session | null>((session, before) => this.#changed(session, before));
  #endReason: string | undefined = "";

  constructor(parts: SessionParts, listener: SessionListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  get current(): Session | null | undefined {
    return this.#known.value;
  }

  get({ signal }: CallOptions = {}): Promise<Session | null> {
    return waitFor(
      this.#known.read(() => this.#ask()),
      signal,
    );
  }

  async refresh({ signal }: CallOptions = {}): Promise<Session | null> {
    try {
      await waitFor(this.#parts.refreshing.renew(), signal);
    } catch (error) {
      if (!endsSession(error)) throw error;
      return null;
    }
    return this.get({ signal });
  }

  exchange(ticket: string, { signal }: CallOptions = {}): Promise<Session> {
    const { turns } = this.#parts;
    return waitFor(
      turns.take(() => this.#exchange(ticket, signal)),
      signal,
    );
  }

  async revoke({ signal }: CallOptions = {}): Promise<void> {
    const { calls, turns, transport } = this.#parts;
    try {
      await calls.make((accessToken) => {
        const call = { method: "DELETE", path: "session", accessToken, signal } as const;
        return waitFor(
          turns.take(() => transport.call(call)),
          signal,
        );
      }, signal);
    } catch (error) {
      if (!endsSession(error)) throw error;
    }
    this.#listener.replaced();
    this.end(undefined);
  }

  /** Returns what work of the signed-in user comes to; where it is refused, the session has ended. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const { revision } = this.#known;
    try {
      return await work();
    } catch (error) {
      if (endsSession(error) && revision === this.#known.revision) this.end("");
      throw error;
    }
  }

  /** Takes note that the session has ended, for a reason unless it was this tab that ended it. */
  end(reason: string | undefined): void {
    this.#endReason = reason;
    this.#known.set(null);
    this.#endReason = "";
  }

  /** Reads the session again where it was read before; who is reading it now is given a newer one. */
  async readAgain(): Promise<void> {
    this.#known.outdate();
    if (this.#known.value !== undefined) await this.get();
  }

  async #ask(): Promise<Session | null> {
    const { calls, transport } = this.#parts;
    try {
      return await calls.make((accessToken) =>
        transport.call<Session>({ method: "GET", path: "session", accessToken }),
      );
    } catch (error) {
      if (endsSession(error)) return null;
      throw error;
    }
  }

  async #exchange(ticket: string, signal: AbortSignal | undefined): Promise<Session> {
    const opened = await this.#parts.transport.call<ExchangeTicketResponseJson>({
      method: "POST",
      path: "session:exchange",
      body: { ticket },
      signal,
    });
    const { credentials } = this.#parts;
    if (!credentials.fits(opened)) {
      const message = 'The app has "cookies: true" and the page "mode: bearer", or neither has.';
      throw new OwnIDError(message, { code: "FAILED_PRECONDITION" });
    }
    await credentials.keep(opened);
    this.#listener.replaced();
    const session = opened.session as Session;
    this.#known.set(session);
    return session;
  }

  #changed(session: Session | null, before: Session | null | undefined): void {
    if (session === null) void this.#parts.credentials.forget();
    this.#listener.changed(session, before);
    const reason = this.#endReason;
    if (session === null && before && reason !== undefined) this.#listener.expired(reason);
  }
}
