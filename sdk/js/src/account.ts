/** The account of the signed-in user. */

import type { Calls } from "./calls.js";
import { isOwnIDError } from "./errors.js";
import { Known } from "./known.js";
import type { OwnSession } from "./session.js";
import type { Call, Transport } from "./transport.js";
import type {
  Account,
  AccountClient,
  AccountSchema,
  CallOptions,
  Changes,
  UpdateOptions,
} from "./types.js";
import { waitFor } from "./waiting.js";

const PATH = "session/account";

/** What is told of it. */
export interface AccountListener<Profile extends object> {
  /** The account is not as it was. */
  changed(account: Account<Profile>): void;
  /** This tab has changed it. */
  written(): void;
}

/** Knows the account, and changes it. */
export class OwnAccount<Profile extends object> implements AccountClient<Profile> {
  readonly #transport: Transport;
  readonly #calls: Calls;
  readonly #session: OwnSession;
  readonly #listener: AccountListener<Profile>;
  readonly #known = new Known<Account<Profile>>((account, before) => {
    if (account.etag !== before?.etag) this.#listener.changed(account);
  });

  constructor(
    transport: Transport,
    calls: Calls,
    session: OwnSession,
    listener: AccountListener<Profile>,
  ) {
    this.#transport = transport;
    this.#calls = calls;
    this.#session = session;
    this.#listener = listener;
  }

  get current(): Account<Profile> | undefined {
    return this.#known.value;
  }

  get({ signal }: CallOptions = {}): Promise<Account<Profile>> {
    return waitFor(
      this.#known.read(() => this.#account({ method: "GET", path: PATH })),
      signal,
    );
  }

  async update(
    changes: Changes<Profile>,
    { etag, onConflict, signal }: UpdateOptions<Profile> = {},
  ): Promise<Account<Profile>> {
    const known = this.current;
    const expected = etag ?? (onConflict && known?.etag);
    try {
      return await this.#write(changes, expected, signal);
    } catch (error) {
      if (onConflict === undefined || !isOwnIDError(error, "ETAG_MISMATCH")) throw error;
      const base = known?.etag === expected ? known : undefined;
      this.#known.outdate();
      const theirs = await this.get({ signal });
      const resolved = await waitFor((async () => onConflict({ changes, base, theirs }))(), signal);
      if (resolved === null) throw error;
      return this.update(resolved, { etag: theirs.etag, onConflict, signal });
    }
  }

  schema({ signal }: CallOptions = {}): Promise<AccountSchema> {
    return this.#call({ method: "GET", path: "session/accountSchema", signal });
  }

  /**
   * Reads the account again where it was read before, unless the one of `etag` is known; who is
   * reading it now is given a newer one.
   */
  async readAgain(etag?: string): Promise<void> {
    const known = this.current;
    if (known !== undefined && known.etag === etag) return;
    this.#known.outdate();
    if (known !== undefined) await this.get();
  }

  /** Lets go of it, since it is that of another user. */
  forget(): void {
    this.#known.forget();
  }

  async #write(
    profile: Changes<Profile>,
    etag: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Account<Profile>> {
    const { revision } = this.#known;
    const call: Call = { method: "PATCH", path: PATH, body: { profile, etag }, signal };
    const account = await this.#account(call);
    if (revision === this.#known.revision) this.#known.set(account);
    // Something else was known meanwhile: which is newer only the service can say.
    else this.readAgain(account.etag).catch(() => undefined);
    this.#listener.written();
    return account;
  }

  async #account(call: Call): Promise<Account<Profile>> {
    const account = await this.#call<Account<Profile>>(call);
    // A profile without any property is not in the answer.
    return { ...account, profile: account.profile ?? {} };
  }

  #call<Message>(call: Call): Promise<Message> {
    return this.#session.during(() =>
      this.#calls.make(
        (accessToken) => this.#transport.call<Message>({ ...call, accessToken }),
        call.signal,
      ),
    );
  }
}
