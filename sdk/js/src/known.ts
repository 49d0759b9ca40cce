/** What is known of something that others change too. */

/**
 * Holds the newest value. An answer to a question of before the last change is not kept: what came
 * late never overwrites what is newer.
 */
export class Known<Value> {
  #value: Value | undefined;
  #revision = 0;
  #asked: { revision: number; answer: Promise<Value> } | undefined;
  readonly #changed: (value: Value, before: Value | undefined) => void;

  /** `changed` is told of each value that is taken over. */
  constructor(changed: (value: Value, before: Value | undefined) => void) {
    this.#changed = changed;
  }

  /** The newest value; undefined where none is known. */
  get value(): Value | undefined {
    return this.#value;
  }

  /** How often it has changed. */
  get revision(): number {
    return this.#revision;
  }

  /** Takes a value over. */
  set(value: Value): void {
    const before = this.#value;
    this.#revision += 1;
    this.#value = value;
    this.#changed(value, before);
  }

  /** Lets go of the value. */
  forget(): void {
    this.#value = undefined;
    this.outdate();
  }

  /** Has what was asked before not count any more. */
  outdate(): void {
    this.#revision += 1;
  }

  /** Returns the answer to a question, which is asked once for all who ask at the same time. */
  read(ask: () => Promise<Value>): Promise<Value> {
    if (this.#asked?.revision === this.#revision) return this.#asked.answer;
    const asked = { revision: this.#revision, answer: this.#ask(ask) };
    this.#asked = asked;
    const over = () => {
      if (this.#asked === asked) this.#asked = undefined;
    };
    asked.answer.then(over, over);
    return asked.answer;
  }

  async #ask(ask: () => Promise<Value>): Promise<Value> {
    const revision = this.#revision;
    try {
      const value = await ask();
      if (revision === this.#revision) {
        this.set(value);
        return value;
      }
    } catch (error) {
      // What went wrong with an older question says nothing of a newer one.
      if (revision === this.#revision) throw error;
    }
    return this.read(ask);
  }
}
