/** What happens elsewhere, told as it happens: WatchSession, opened anew whenever it breaks. */

import type { WatchSessionResponseJson } from "../generated/ownid/v1/session_service_pb.js";
import { isOwnIDError } from "./errors.js";
import { eventsOf } from "./event_stream.js";
import { anyOf, backOff, pause } from "./waiting.js";
import { messageOf } from "./wire.js";

/** The service sends something four times as often. */
const SILENCE_MS = 60_000;
/** A stream that lasted so long was no failure. */
const SOUND_MS = 10_000;

/** What is told of it. */
export interface WatchListener {
  /** Something has happened, or a heartbeat has come. */
  told(message: WatchSessionResponseJson): void;
  /** Whatever happens is told from now on, or no longer. */
  connected(isConnected: boolean): void;
}

/** Keeps a watch open while it is wanted. */
export class Watching {
  readonly #open: (signal: AbortSignal) => Promise<Response>;
  readonly #listener: WatchListener;
  #stopper: AbortController | undefined;
  #isConnected = false;
  #connectTime = 0;

  constructor(open: (signal: AbortSignal) => Promise<Response>, listener: WatchListener) {
    this.#open = open;
    this.#listener = listener;
  }

  /** Begins, where it has not begun. */
  start(): void {
    if (this.#stopper !== undefined) return;
    this.#stopper = new AbortController();
    void this.#keepWatching(this.#stopper.signal);
  }

  /** Ends it. */
  stop(): void {
    this.#stopper?.abort();
    this.#stopper = undefined;
    this.#connected(false);
  }

  async #keepWatching(stopped: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stopped.aborted) {
      const error = await this.#watch(stopped);
      if (stopped.aborted) return;
      const wasSound = this.#isConnected && Date.now() - this.#connectTime > SOUND_MS;
      this.#connected(false);
      failures = wasSound ? 1 : failures + 1;
      const told = isOwnIDError(error) ? error.retryDelayMs : undefined;
      await pause(Math.max(backOff(failures), told ?? 0), stopped);
    }
  }

  /** Returns why it is over; undefined where the service has ended it. */
  async #watch(stopped: AbortSignal): Promise<unknown> {
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    try {
      const answer = await this.#open(anyOf(stopped, silence.signal));
      if (answer.body === null) return undefined;
      listen();
      for await (const event of eventsOf(answer.body)) {
        if (stopped.aborted) return undefined;
        listen();
        this.#connected(true);
        this.#listener.told(messageOf(event));
      }
      return undefined;
    } catch (error) {
      return error;
    } finally {
      clearTimeout(timer);
    }
  }

  #connected(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    this.#connectTime = Date.now();
    this.#listener.connected(isConnected);
  }
}
