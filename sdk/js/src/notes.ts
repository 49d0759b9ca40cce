/** What the tabs of a browser know together. */

/** A text that whoever reads it after it was written finds as it was written. */
export interface Note {
  /** Returns the text, undefined where there is none; rejects where the browser keeps none. */
  read(): Promise<string | undefined>;
  /** Writes it; rejects where the browser keeps none. */
  write(text: string | undefined): Promise<void>;
}

const STORE = "notes";

/** A note in IndexedDB. `localStorage` would not do: other tabs see a moment later what was written. */
export class SharedNote implements Note {
  readonly #name: string;
  #database: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  read(): Promise<string | undefined> {
    return this.#request("readonly", (store) => store.get(this.#name));
  }

  async write(text: string | undefined): Promise<void> {
    await this.#request("readwrite", (store) => store.put(text, this.#name));
  }

  async #request<Result>(
    mode: IDBTransactionMode,
    make: (store: IDBObjectStore) => IDBRequest<Result>,
  ): Promise<Result> {
    this.#database ??= opened();
    const database = await this.#database;
    return resultOf(make(database.transaction(STORE, mode).objectStore(STORE)));
  }
}

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open("ownid");
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return resultOf(request);
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
