/** The other tabs of the browser: told that something has changed, never what. */

/** What has changed. */
export type Topic = "session" | "account";

/** Tells the other tabs, and hears from them. */
export class Tabs {
  #channel: BroadcastChannel | undefined;

  constructor(name: string, told: (topic: Topic) => void) {
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (message: MessageEvent<Topic>) => told(message.data);
  }

  /** Tells that something was changed here. */
  tell(topic: Topic): void {
    this.#channel?.postMessage(topic);
  }

  /** Neither tells nor hears any more. */
  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
