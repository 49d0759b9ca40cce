/** What a page gives and gets: the contract's messages, as proto JSON has them. */

import type { AccountJson } from "../generated/ownid/v1/account_pb.js";
import type { AccountSchemaJson } from "../generated/ownid/v1/account_schema_pb.js";
import type { SessionJson } from "../generated/ownid/v1/session_pb.js";

/** A message with the fields that the service always fills in. */
type Filled<Message, Field extends keyof Message> = Omit<Message, Field> &
  Required<Pick<Message, Field>>;

/** The session of this browser. Holds no token; times are RFC 3339, `idleTimeout` is like `"3600s"`. */
export type Session = Filled<
  SessionJson,
  "name" | "state" | "createTime" | "lastActiveTime" | "expireTime" | "idleTimeout"
>;

/** The user's own account: of its profile what the account schema lets the user see. */
export type Account<Profile extends object = Record<string, unknown>> = Omit<
  Filled<AccountJson, "name" | "etag">,
  "profile"
> & { profile: Profile };

/** The part of the account schema that the user may see, a JSON Schema 2020-12 in `jsonSchema`. */
export type AccountSchema = Omit<Filled<AccountSchemaJson, "name">, "jsonSchema"> & {
  jsonSchema: Record<string, unknown>;
};

/** New values of a profile: what is absent stays, `null` clears, lists are replaced whole. */
export type Changes<Profile> = {
  [Property in keyof Profile]?: Change<NonNullable<Profile[Property]>> | null;
};

type Change<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? Changes<Value>
    : Value;

/** What every call takes. */
export interface CallOptions {
  /** Ends the wait for the answer: the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** How an account is changed. */
export interface UpdateOptions<Profile extends object> extends CallOptions {
  /**
   * The etag of the account that the changes were made on. Where the account has changed since,
   * nothing is written, and `onConflict` decides. Without it, whoever writes last wins.
   */
  etag?: string | undefined;

  /**
   * Is shown both versions and returns the changes to make on the newer one, null to make none:
   * then, and without this callback, the call rejects with the reason `ETAG_MISMATCH`.
   */
  onConflict?: ((conflict: Conflict<Profile>) => Resolution<Profile>) | undefined;
}

type Resolution<Profile> = Changes<Profile> | null | Promise<Changes<Profile> | null>;

/** An account that somebody else has changed meanwhile. */
export interface Conflict<Profile extends object> {
  /** What this page would write. */
  changes: Changes<Profile>;
  /** The account as this page knew it when it was told to write; undefined where it had not read it. */
  base: Account<Profile> | undefined;
  /** The account as it is now. */
  theirs: Account<Profile>;
}

/** The session of this browser. */
export interface SessionClient {
  /** The session as far as is known: null is signed out, undefined not known yet. Asks nobody. */
  readonly current: Session | null | undefined;

  /** Returns the session, null where nobody is signed in; from then on the page is kept in step. */
  get(options?: CallOptions): Promise<Session | null>;

  /**
   * Has the tokens renewed now, and returns the session, null where it has ended. Pages need not
   * call it: tokens are renewed before they end. Calls at once, of all tabs, make one.
   */
  refresh(options?: CallOptions): Promise<Session | null>;

  /** Signs in by the ticket that the login backend got of CreateSession. */
  exchange(ticket: string, options?: CallOptions): Promise<Session>;

  /** Signs out: ends the session, and clears its cookies. */
  revoke(options?: CallOptions): Promise<void>;
}

/** The account of the signed-in user. */
export interface AccountClient<Profile extends object> {
  /** The account as far as is known, kept in step once it was read; undefined before. Asks nobody. */
  readonly current: Account<Profile> | undefined;

  /** Returns the account. */
  get(options?: CallOptions): Promise<Account<Profile>>;

  /** Changes the account, and returns it as it then is. */
  update(changes: Changes<Profile>, options?: UpdateOptions<Profile>): Promise<Account<Profile>>;

  /** Returns the part of the account schema that the user may see, to draw a form from. */
  schema(options?: CallOptions): Promise<AccountSchema>;
}

/** What happens, and what an event of it has as its `detail`. */
export interface OwnIDEventMap<Profile extends object> {
  /** Somebody was signed in or out, in this tab or another, or the session is not as it was. */
  sessionchange: { session: Session | null };
  /** The account is not as it was, whoever has changed it. */
  accountchange: { account: Account<Profile> };
  /** The session has ended other than by `revoke` of this tab; `sessionchange` comes as well. */
  sessionexpired: { reason: string };
  /** Changes made elsewhere arrive at once from now on, or no longer do. */
  connectionchange: { connected: boolean };
}

/** An `EventTarget` whose events have types. */
export interface OwnIDEvents<Profile extends object> {
  /** Has a function called at each event of a type. */
  addEventListener<Type extends keyof OwnIDEventMap<Profile>>(
    type: Type,
    listener: (event: CustomEvent<OwnIDEventMap<Profile>[Type]>) => void,
    options?: AddEventListenerOptions,
  ): void;

  /** Has it no longer called. */
  removeEventListener<Type extends keyof OwnIDEventMap<Profile>>(
    type: Type,
    listener: (event: CustomEvent<OwnIDEventMap<Profile>[Type]>) => void,
  ): void;
}

/** Where the app's gateway is, and how it is called. */
export interface OwnIDOptions {
  /** The app, as ownid.yaml names it. */
  app: string;

  /** Where the gateway is, such as `https://api.example.com`. */
  baseUrl: string;

  /**
   * Where the tokens are: in cookies that no script reads, as `cookies: true` of ownid.yaml has it,
   * or in the memory of this page, gone when it is. `"cookie"` unless said otherwise.
   */
  mode?: "cookie" | "bearer" | undefined;

  /** For how long a call waits for its answer; 15,000 unless said otherwise. */
  timeoutMs?: number | undefined;
}

/** The signed-in user of one app. */
export interface OwnID<Profile extends object = Record<string, unknown>> {
  /** The session of this browser. */
  readonly session: SessionClient;
  /** The user's own account. */
  readonly account: AccountClient<Profile>;
  /** Where it is told what happens. */
  readonly events: OwnIDEvents<Profile>;
  /** Ends everything that goes on in the background, and all calls under way. The session stays. */
  dispose(): void;
}
