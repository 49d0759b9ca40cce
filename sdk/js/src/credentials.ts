/** What the page has of its tokens: in cookies none of them, only when they end. */

import type {
  ExchangeTicketResponseJson,
  RefreshSessionResponseJson,
} from "../generated/ownid/v1/session_service_pb.js";

/** What comes with new tokens. */
export type Opened = ExchangeTicketResponseJson | RefreshSessionResponseJson;

/** Where the tokens of a session are. */
export interface Credentials {
  /** The access token to send along; undefined where a cookie carries it. */
  readonly accessToken: string | undefined;
  /** The refresh token to send; undefined where a cookie carries it. */
  readonly refreshToken: string | undefined;
  /** When the access token ends, in RFC 3339; another whenever there are other tokens. */
  readonly expireTime: string | undefined;
  /** Takes over new tokens. */
  keep(opened: Opened): void;
  /** Forgets them. */
  forget(): void;
}

/** Tokens in the memory of this page. */
export class TokensInMemory implements Credentials {
  accessToken: string | undefined;
  refreshToken: string | undefined;
  expireTime: string | undefined;

  keep(opened: Opened): void {
    this.accessToken = opened.accessToken;
    this.refreshToken = opened.refreshToken;
    this.expireTime = opened.accessTokenExpireTime;
  }

  forget(): void {
    this.keep({});
  }
}

/** Tokens in cookies; when they end is noted where all tabs of the browser read it. */
export class TokensInCookies implements Credentials {
  readonly accessToken = undefined;
  readonly refreshToken = undefined;
  readonly #key: string;
  readonly #notes: Notes;

  constructor(key: string, notes: Notes) {
    this.#key = key;
    this.#notes = notes;
  }

  get expireTime(): string | undefined {
    return this.#notes.getItem(this.#key) ?? undefined;
  }

  keep(opened: Opened): void {
    this.#notes.setItem(this.#key, opened.accessTokenExpireTime ?? "");
  }

  forget(): void {
    this.#notes.removeItem(this.#key);
  }
}

/** What is used of a `Storage`. */
export type Notes = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Returns notes of this tab alone, for browsers that keep none for the page. */
export function notesInMemory(): Notes {
  const notes = new Map<string, string>();
  return {
    getItem: (key) => notes.get(key) ?? null,
    setItem: (key, value) => void notes.set(key, value),
    removeItem: (key) => void notes.delete(key),
  };
}
