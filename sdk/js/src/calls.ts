/** Calls of the signed-in user. */

import type { Credentials } from "./credentials.js";
import { isOwnIDError } from "./errors.js";
import type { Refreshing } from "./refreshing.js";
import { waitFor } from "./waiting.js";

/** What another tab has renewed, of which this one knew nothing, may have ended as well. */
const MOST_RENEWALS = 2;

/** Makes calls with the tokens that there are, and again with new ones where those have ended. */
export class Calls {
  readonly #credentials: Credentials;
  readonly #refreshing: Refreshing;

  constructor(credentials: Credentials, refreshing: Refreshing) {
    this.#credentials = credentials;
    this.#refreshing = refreshing;
  }

  /** Returns what a call comes to, which is given the access token where it has to send one. */
  async make<Result>(
    send: (accessToken: string | undefined) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    for (let renewals = 0; ; renewals += 1) {
      const seen = this.#credentials.expireTime;
      try {
        return await send(this.#credentials.accessToken);
      } catch (error) {
        if (renewals === MOST_RENEWALS || !isOwnIDError(error, "CREDENTIAL_EXPIRED")) throw error;
      }
      await waitFor(this.#refreshing.renew(seen), signal);
    }
  }
}
