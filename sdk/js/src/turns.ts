/** One at a time, in all tabs: whatever gets tokens or gives them up. */

const LONGEST_WAIT_MS = 20_000;

/**
 * Has work that changes the tokens done by turns. Where the browser has Web Locks, also between
 * tabs; a tab that was frozen in its turn is not waited for.
 */
export class Turns {
  readonly #name: string;
  readonly #locks: LockManager | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string, locks: LockManager | undefined) {
    this.#name = name;
    this.#locks = locks;
  }

  /** Returns what the work comes to, begun when all before it is over. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => this.#amongTabs(work));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #amongTabs<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#locks === undefined) return work();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LONGEST_WAIT_MS);
    let begun: Promise<Result> | undefined;
    const begin = () => {
      clearTimeout(timer);
      begun = work();
      return begun;
    };
    await this.#locks
      .request(this.#name, { signal: patience.signal }, begin)
      .catch(() => undefined);
    return begun ?? begin();
  }
}
