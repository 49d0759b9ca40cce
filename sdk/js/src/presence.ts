/** Whether somebody looks at the page, and the network is there. */

const GRACE_MS = 30_000;
const SELDOM_MS = 5_000;

/** What is told of it. */
export interface PresenceListener {
  /** The page is looked at, and the network there, or no longer. */
  present(isPresent: boolean): void;
  /** Somebody is back at the page, or was away and might have missed something. */
  returned(): void;
  /** The network is back. */
  online(): void;
}

/** Watches the page; a page that was hidden only for seconds counts as looked at. */
export class Presence {
  readonly #listener: PresenceListener;
  #isPresent = true;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #returnTime = 0;

  constructor(listener: PresenceListener, disposed: AbortSignal) {
    this.#listener = listener;
    // On a server there is no page.
    if (typeof document === "undefined") return;
    const options = { signal: disposed };
    document.addEventListener("visibilitychange", () => this.#look(), options);
    window.addEventListener("focus", () => this.#look(), options);
    window.addEventListener("pageshow", (event) => event.persisted && this.#look(), options);
    window.addEventListener("pagehide", () => this.#set(false), options);
    window.addEventListener("offline", () => this.#set(false), options);
    window.addEventListener("online", () => this.#online(), options);
    disposed.addEventListener("abort", () => clearTimeout(this.#hiding));
    this.#isPresent = navigator.onLine;
    // Opened in the background.
    if (document.hidden) this.#look();
  }

  /** Whether the page is looked at, and the network there. */
  get isPresent(): boolean {
    return this.#isPresent;
  }

  #look(): void {
    clearTimeout(this.#hiding);
    if (document.hidden) {
      this.#hiding = setTimeout(() => this.#set(false), GRACE_MS);
      return;
    }
    this.#set(navigator.onLine);
    // Focus and visibility often come together.
    if (Date.now() - this.#returnTime < SELDOM_MS) return;
    this.#returnTime = Date.now();
    this.#listener.returned();
  }

  #online(): void {
    this.#listener.online();
    this.#set(!document.hidden);
    this.#listener.returned();
  }

  #set(isPresent: boolean): void {
    if (this.#isPresent === isPresent) return;
    this.#isPresent = isPresent;
    this.#listener.present(isPresent);
  }
}
