/** Tells the page what happens. */

import type { OwnIDEventMap, OwnIDEvents } from "./types.js";

/** Sends events to whoever listens at `target`. */
export class Events<Profile extends object> {
  readonly #target = new EventTarget();

  /** Where the page listens. */
  get target(): OwnIDEvents<Profile> {
    return this.#target as unknown as OwnIDEvents<Profile>;
  }

  /** Sends one. What a listener throws is the page's own affair, and reported as such. */
  send<Type extends keyof OwnIDEventMap<Profile>>(
    type: Type,
    detail: OwnIDEventMap<Profile>[Type],
  ): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
