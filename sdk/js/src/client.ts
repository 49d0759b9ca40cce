/** Puts the parts together, and keeps a page in step with what happens elsewhere. */

import type { WatchSessionResponseJson } from "../generated/ownid/v1/session_service_pb.js";
import { OwnAccount } from "./account.js";
import { Calls } from "./calls.js";
import { TokensInCookies, TokensInMemory } from "./credentials.js";
import { Events } from "./events.js";
import { SharedNote } from "./notes.js";
import { Presence } from "./presence.js";
import { Refreshing } from "./refreshing.js";
import { OwnSession } from "./session.js";
import { Tabs, type Topic } from "./tabs.js";
import { Transport } from "./transport.js";
import { Turns } from "./turns.js";
import type { OwnID, OwnIDOptions, Session } from "./types.js";
import { Watching } from "./watching.js";

/**
 * Returns the signed-in user of an app. Nothing is called before the page asks for the session;
 * from then on tokens are renewed and changes followed until `dispose`.
 */
export function createOwnID<Profile extends object = Record<string, unknown>>(
  options: OwnIDOptions,
): OwnID<Profile> {
  return new Client<Profile>(options);
}

class Client<Profile extends object> implements OwnID<Profile> {
  readonly session: OwnSession;
  readonly account: OwnAccount<Profile>;
  readonly #events = new Events<Profile>();
  readonly #disposal = new AbortController();
  readonly #refreshing: Refreshing;
  readonly #watching: Watching;
  readonly #presence: Presence;
  readonly #tabs: Tabs;

  constructor(options: OwnIDOptions) {
    const disposed = this.#disposal.signal;
    const transport = new Transport(options, disposed);
    const name = `ownid ${options.baseUrl} ${options.app}`;
    const isBearer = options.mode === "bearer";
    const credentials = isBearer ? new TokensInMemory() : new TokensInCookies(new SharedNote(name));
    // Tokens in memory are this tab's alone, and wait for no other.
    const turns = new Turns(name, isBearer ? undefined : globalThis.navigator?.locks);
    this.#refreshing = new Refreshing(transport, credentials, turns, () => this.session.end(""));
    const calls = new Calls(credentials, this.#refreshing);
    const refreshing = this.#refreshing;
    this.session = new OwnSession(
      { transport, credentials, turns, calls, refreshing },
      {
        changed: (session, before) => this.#sessionChanged(session, before),
        expired: (reason) => this.#events.send("sessionexpired", { reason }),
        replaced: () => this.#tabs.tell("session"),
      },
    );
    this.account = new OwnAccount<Profile>(transport, calls, this.session, {
      changed: (account) => this.#events.send("accountchange", { account }),
      written: () => this.#tabs.tell("account"),
    });
    this.#watching = this.#watchingBy(calls, transport);
    this.#tabs = new Tabs(name, (topic) => this.#heard(topic));
    this.#presence = new Presence(
      {
        present: () => this.#follow(),
        returned: () => this.#readAgain(),
        online: () => this.#refreshing.retry(),
      },
      disposed,
    );
  }

  get events() {
    return this.#events.target;
  }

  dispose(): void {
    this.#refreshing.stop();
    this.#watching.stop();
    this.#tabs.close();
    this.#disposal.abort();
  }

  #watchingBy(calls: Calls, transport: Transport): Watching {
    const call = { method: "GET", path: "session:watch" } as const;
    const open = (signal: AbortSignal) =>
      this.session.during(() =>
        calls.make((accessToken) => transport.open({ ...call, accessToken, signal }), signal),
      );
    return new Watching(open, {
      told: (message) => this.#told(message),
      connected: (isConnected) => this.#connected(isConnected),
    });
  }

  #sessionChanged(session: Session | null, before: Session | null | undefined): void {
    if (session?.name !== before?.name) {
      this.account.forget();
      // A watch is of the session that it was opened with.
      this.#watching.stop();
    }
    this.#follow();
    if (!isSame(session, before)) this.#events.send("sessionchange", { session });
  }

  #follow(): void {
    const isSignedIn = Boolean(this.session.current) && !this.#disposal.signal.aborted;
    if (isSignedIn) this.#refreshing.start();
    else this.#refreshing.stop();
    if (isSignedIn && this.#presence.isPresent) this.#watching.start();
    else this.#watching.stop();
  }

  #connected(isConnected: boolean): void {
    this.#events.send("connectionchange", { connected: isConnected });
    // What happened while nothing was told.
    if (isConnected) this.account.readAgain().catch(() => undefined);
  }

  #told(message: WatchSessionResponseJson): void {
    if (message.accountChanged) {
      this.account.readAgain(message.accountChanged.etag).catch(() => undefined);
    }
    if (message.sessionEnded) this.session.end(message.sessionEnded.reason ?? "");
  }

  #heard(topic: Topic): void {
    if (topic === "session") this.#readAgain();
    else this.account.readAgain().catch(() => undefined);
  }

  /** What cannot be read now is read when the watch is open again. */
  #readAgain(): void {
    this.session
      .readAgain()
      .then(() => this.account.readAgain())
      .catch(() => undefined);
  }
}

/** Use alone is no change. */
function isSame(one: Session | null | undefined, other: Session | null | undefined): boolean {
  const shown = (each: typeof one) => each && { ...each, lastActiveTime: "" };
  return JSON.stringify(shown(one)) === JSON.stringify(shown(other));
}
