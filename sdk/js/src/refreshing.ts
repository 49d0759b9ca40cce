/** New tokens before the old ones end: once for all who need them, in all tabs. */

import type { RefreshSessionResponseJson } from "../generated/ownid/v1/session_service_pb.js";
import type { Credentials } from "./credentials.js";
import { endsSession, isOwnIDError } from "./errors.js";
import type { Transport } from "./transport.js";
import type { Turns } from "./turns.js";
import { backOff } from "./waiting.js";

const MARGIN_MS = 60_000;
/** Tokens that would end sooner time and again do so by a clock that is wrong. */
const LEAST_MS = 5_000;
/** No access token lasts longer; a clock that says so is wrong. */
const LONGEST_MS = 86_400_000;

/** Has the tokens renewed, when somebody asks and by itself shortly before they end. */
export class Refreshing {
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  readonly #turns: Turns;
  readonly #refused: () => void;
  #flight: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #cool: { until: number; error: unknown } | undefined;
  #isOn = false;

  /** `refused` is told when there will be no new tokens, since the session has ended. */
  constructor(transport: Transport, credentials: Credentials, turns: Turns, refused: () => void) {
    this.#transport = transport;
    this.#credentials = credentials;
    this.#turns = turns;
    this.#refused = refused;
  }

  /** Begins to renew in time. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    void this.#credentials.readAgain().then(() => this.#schedule());
  }

  /** Does so no longer. */
  stop(): void {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }

  /** Has it tried again at once where it failed, as when the network is back. */
  retry(): void {
    if (this.#cool === undefined) return;
    this.#cool = undefined;
    if (this.#isOn) this.#renewInBackground();
  }

  /**
   * Returns once there are other tokens than those that end at `seen`; another tab may have got
   * them. After a failure it fails with the same error until it makes sense to try again.
   */
  renew(seen: string | undefined = this.#credentials.expireTime): Promise<void> {
    if (this.#cool !== undefined && Date.now() < this.#cool.until) {
      return Promise.reject(this.#cool.error);
    }
    this.#flight ??= this.#turns
      .take(() => this.#exchange(seen))
      .then(
        () => this.#succeeded(),
        (error) => this.#failed(error),
      )
      .finally(() => {
        this.#flight = undefined;
        this.#schedule();
      });
    return this.#flight;
  }

  async #exchange(seen: string | undefined): Promise<void> {
    await this.#credentials.readAgain();
    if (this.#credentials.expireTime !== seen) return;
    const { refreshToken } = this.#credentials;
    const opened = await this.#transport.call<RefreshSessionResponseJson>({
      method: "POST",
      path: "session:refresh",
      body: { refreshToken },
    });
    // Whoever signed out or in meanwhile is not overtaken by what is of before.
    if (this.#credentials.expireTime === seen) await this.#credentials.keep(opened);
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#cool = undefined;
  }

  #failed(error: unknown): never {
    if (endsSession(error)) {
      this.#refused();
    } else {
      this.#failures += 1;
      const told = isOwnIDError(error) ? error.retryDelayMs : undefined;
      const delay = Math.max(backOff(this.#failures), told ?? 0);
      this.#cool = { until: Date.now() + delay, error };
    }
    throw error;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const delay = this.#isOn ? this.#delay() : undefined;
    if (delay === undefined) return;
    this.#timer = setTimeout(() => this.#renewInBackground(), delay);
  }

  /** Undefined where it is not known when the tokens end: then the service will say so. */
  #delay(): number | undefined {
    if (this.#cool !== undefined) return this.#cool.until - Date.now();
    const left = Date.parse(this.#credentials.expireTime ?? "") - Date.now();
    if (!(left > 0)) return undefined;
    const delay = Math.min(left, LONGEST_MS) - Math.min(MARGIN_MS, left / 3);
    return Math.max(delay, LEAST_MS);
  }

  #renewInBackground(): void {
    // Who needs the tokens meets the same error; `refused` and the next try see to the rest.
    this.renew().catch(() => undefined);
  }
}
