/** What the page has of its tokens: in cookies none of them, only when they end. */

import type {
  ExchangeTicketResponseJson,
  RefreshSessionResponseJson,
} from "../generated/ownid/v1/session_service_pb.js";
import type { Note } from "./notes.js";

/** What comes with new tokens. */
export type Opened = ExchangeTicketResponseJson | RefreshSessionResponseJson;

/** Where the tokens of a session are. */
export interface Credentials {
  /** The access token to send along; undefined where a cookie carries it. */
  readonly accessToken: string | undefined;
  /** The refresh token to send; undefined where a cookie carries it. */
  readonly refreshToken: string | undefined;
  /** When the access token ends, in RFC 3339, as far as this tab knows; another with other tokens. */
  readonly expireTime: string | undefined;
  /** Returns whether new tokens came to where this keeps them. */
  fits(opened: Opened): boolean;
  /** Takes over new tokens. */
  keep(opened: Opened): Promise<void>;
  /** Forgets them. */
  forget(): Promise<void>;
  /** Looks up whether another tab has got new ones. */
  readAgain(): Promise<void>;
}

/** Tokens in the memory of this page. */
export class TokensInMemory implements Credentials {
  accessToken: string | undefined;
  refreshToken: string | undefined;
  expireTime: string | undefined;

  fits(opened: Opened): boolean {
    return opened.accessToken !== undefined;
  }

  async keep(opened: Opened): Promise<void> {
    this.accessToken = opened.accessToken;
    this.refreshToken = opened.refreshToken;
    this.expireTime = opened.accessTokenExpireTime;
  }

  forget(): Promise<void> {
    return this.keep({});
  }

  async readAgain(): Promise<void> {
    // No other tab has them.
  }
}

/** Tokens in cookies; when they end is noted where all tabs of the browser read it. */
export class TokensInCookies implements Credentials {
  readonly accessToken = undefined;
  readonly refreshToken = undefined;
  expireTime: string | undefined;
  readonly #note: Note;

  constructor(note: Note) {
    this.#note = note;
  }

  fits(opened: Opened): boolean {
    return opened.accessToken === undefined;
  }

  async keep(opened: Opened): Promise<void> {
    this.expireTime = opened.accessTokenExpireTime;
    await this.#note.write(this.expireTime).catch(() => undefined);
  }

  forget(): Promise<void> {
    return this.keep({});
  }

  async readAgain(): Promise<void> {
    const own = this.expireTime;
    // Where the browser keeps no notes, what this tab knows holds.
    const noted = await this.#note.read().catch(() => own);
    if (this.expireTime === own) this.expireTime = noted;
  }
}
