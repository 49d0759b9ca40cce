import { expect, test, vi } from "vitest";
import { pageOf, settled, standAlone } from "./client.js";
import { answerBy, awaited, openedOf, refusal, sessionOf, unavailable } from "./gateway.js";

standAlone();

/** Never sends anything. */
const quiet = () => new Response(new ReadableStream());

test("nobody is signed in where there is no credential", async () => {
  answerBy(() => refusal("CREDENTIAL_MISSING"));
  const { ownid, told } = pageOf();

  expect(ownid.session.current).toBeUndefined();
  expect(await ownid.session.get()).toBeNull();
  expect(ownid.session.current).toBeNull();
  expect(told).toEqual([{ type: "sessionchange", detail: { session: null } }]);
});

test("a database that does not answer signs nobody out", async () => {
  const answers: unknown[] = [sessionOf("s1"), unavailable()];
  answerBy(({ path }) => (path === "session" ? answers.shift() : quiet()));
  const { ownid } = pageOf();
  await ownid.session.get();

  await expect(ownid.session.get()).rejects.toMatchObject({ code: "UNAVAILABLE" });

  expect(ownid.session.current).toMatchObject({ state: "ACTIVE" });
});

test("a call whose token has ended is made again with a new one, once", async () => {
  let isOld = true;
  const arrived = answerBy(({ path }) => {
    if (path === "session:refresh") isOld = false;
    if (path === "session:refresh") return openedOf("s1", 600);
    if (path === "session:watch") return quiet();
    return isOld ? refusal("CREDENTIAL_EXPIRED") : sessionOf("s1");
  });
  const { ownid } = pageOf();

  const session = await ownid.session.get();

  expect(session?.name).toBe("apps/shop/accounts/1/sessions/s1");
  expect(arrived.map((each) => each.path).slice(0, 3)).toEqual([
    "session",
    "session:refresh",
    "session",
  ]);
});

test("a token that ends again and again is not renewed for ever", async () => {
  const arrived = answerBy(({ path }) =>
    path === "session:refresh" ? openedOf("s1", 600) : refusal("CREDENTIAL_EXPIRED"),
  );
  const { ownid } = pageOf();

  await expect(ownid.session.get()).rejects.toMatchObject({ reason: "CREDENTIAL_EXPIRED" });

  expect(arrived).toHaveLength(5);
});

test("a late answer of an older session does not overwrite a newer one", async () => {
  const late = awaited<object>();
  const answers: unknown[] = [late.promise, sessionOf("new")];
  answerBy(({ path }) => {
    if (path === "session") return answers.shift();
    return path === "session:watch" ? quiet() : openedOf("new", 600);
  });
  const { ownid, told } = pageOf();
  const asked = ownid.session.get();
  await ownid.session.exchange("ticket");

  late.resolve(sessionOf("old"));

  expect((await asked)?.name).toMatch(/new$/);
  expect(ownid.session.current?.name).toMatch(/new$/);
  expect(JSON.stringify(told)).not.toContain("sessions/old");
});

test("a late refusal of an older session does not end a newer one", async () => {
  const late = awaited<Response>();
  const answers: unknown[] = [late.promise, { name: "apps/shop/accounts/1", etag: "e1" }];
  answerBy(({ path }) => {
    if (path === "session/account") return answers.shift();
    return path === "session:watch" ? quiet() : openedOf("new", 600);
  });
  const { ownid, told } = pageOf();
  const asked = ownid.account.get();
  await ownid.session.exchange("ticket");

  late.resolve(refusal("SESSION_ENDED"));

  expect((await asked).etag).toBe("e1");
  expect(ownid.session.current?.name).toMatch(/new$/);
  expect(told.map((each) => each.type)).not.toContain("sessionexpired");
});

test("a call that is refused ends the session, and says so once", async () => {
  answerBy(({ path }) => {
    if (path === "session/account") return refusal("SESSION_ENDED");
    return path === "session:watch" ? quiet() : sessionOf("s1");
  });
  const { ownid, told } = pageOf();
  await ownid.session.get();

  await expect(ownid.account.get()).rejects.toMatchObject({ reason: "SESSION_ENDED" });
  await expect(ownid.account.get()).rejects.toMatchObject({ reason: "SESSION_ENDED" });

  expect(ownid.session.current).toBeNull();
  expect(told.filter((each) => each.type === "sessionexpired")).toHaveLength(1);
});

test("who signs out is not told that the session has expired", async () => {
  answerBy(({ method, path }) => {
    if (method === "DELETE") return {};
    return path === "session:watch" ? quiet() : sessionOf("s1");
  });
  const { ownid, told } = pageOf();
  await ownid.session.get();

  await ownid.session.revoke();

  expect(told.map((each) => each.type)).toEqual(["sessionchange", "sessionchange"]);
  expect(ownid.session.current).toBeNull();
});

test("signing out of a session that has ended is signing out", async () => {
  answerBy(() => refusal("SESSION_ENDED"));
  const { ownid } = pageOf();

  await ownid.session.revoke();

  expect(ownid.session.current).toBeNull();
});

test("signing out that does not get through leaves the user signed in", async () => {
  answerBy(({ method, path }) => {
    if (method === "DELETE") return unavailable();
    return path === "session:watch" ? quiet() : sessionOf("s1");
  });
  const { ownid } = pageOf();
  await ownid.session.get();

  await expect(ownid.session.revoke()).rejects.toMatchObject({ code: "UNAVAILABLE" });

  expect(ownid.session.current).not.toBeNull();
});

test("use alone is no change", async () => {
  let minute = 0;
  answerBy(({ path }) => {
    minute += 1;
    if (path === "session:watch") return quiet();
    return sessionOf("s1", { last_active_time: `2026-01-01T00:0${minute}:00Z` });
  });
  const { ownid, told } = pageOf();

  await ownid.session.get();
  await ownid.session.get();

  expect(told).toHaveLength(1);
});

test("tokens in memory go with each call, and to no other place", async () => {
  const tokens = [
    { access_token: "a1", refresh_token: "r1" },
    { access_token: "a2", refresh_token: "r2" },
  ];
  const arrived = answerBy(({ path }) => {
    if (path === "session:watch") return quiet();
    return path === "session" ? sessionOf("s1") : openedOf("s1", 600, tokens.shift());
  });
  const { ownid } = pageOf({ mode: "bearer" });
  const kept = vi.fn();
  vi.stubGlobal("indexedDB", { open: kept });

  await ownid.session.exchange("ticket");
  await ownid.session.get();
  await ownid.session.refresh();
  await settled();

  const calls = arrived.filter((each) => each.path !== "session:watch");
  expect(calls.map((each) => each.authorization)).toEqual([
    undefined,
    "Bearer a1",
    undefined,
    "Bearer a2",
  ]);
  expect(calls[2]?.body).toEqual({ refreshToken: "r1" });
  expect(kept).not.toHaveBeenCalled();
  expect(JSON.stringify(ownid)).not.toContain("a2");
});

test.each([
  ["bearer", {}],
  ["cookie", { access_token: "a1", refresh_token: "r1" }],
] as const)("a mode %s that is not the app's is an error", async (mode, tokens) => {
  answerBy(() => openedOf("s1", 600, tokens));
  const { ownid } = pageOf({ mode });

  const signingIn = ownid.session.exchange("ticket");

  await expect(signingIn).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  expect(ownid.session.current).toBeUndefined();
});

test("tokens in memory are forgotten with their session", async () => {
  const arrived = answerBy(({ path }) => {
    if (path === "session:watch") return quiet();
    const tokens = { access_token: "a1", refresh_token: "r1" };
    return path === "session:exchange" ? openedOf("s1", 600, tokens) : refusal("SESSION_ENDED");
  });
  const { ownid } = pageOf({ mode: "bearer" });
  await ownid.session.exchange("ticket");
  await ownid.session.get();

  await ownid.session.get();

  expect(arrived.at(-1)?.authorization).toBeUndefined();
});

test("a call ends with its signal, not what others wait for", async () => {
  const late = awaited<object>();
  answerBy(({ path }) => (path === "session" ? late.promise : quiet()));
  const { ownid } = pageOf();
  const impatient = new AbortController();
  const left = ownid.session.get({ signal: impatient.signal });
  const stays = ownid.session.get();

  impatient.abort(new Error("enough"));
  await expect(left).rejects.toThrow("enough");
  late.resolve(sessionOf("s1"));

  expect((await stays)?.state).toBe("ACTIVE");
});

test("a gateway that does not answer is waited for only so long", async () => {
  answerBy(() => new Promise(() => undefined));
  const { ownid } = pageOf({ timeoutMs: 3000 });

  const asked = expect(ownid.session.get()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await vi.advanceTimersByTimeAsync(3000);

  await asked;
});

test("who waits for another tab to have its turn need not", async () => {
  const held = awaited<void>();
  void navigator.locks.request("ownid https://api.example.com/ shop", () => held.promise);
  const arrived = answerBy(() => ({}));
  const { ownid } = pageOf();
  const impatient = new AbortController();
  const { signal } = impatient;
  const left = [ownid.session.exchange("ticket", { signal }), ownid.session.revoke({ signal })];

  await settled();
  impatient.abort(new Error("enough"));

  for (const each of left) await expect(each).rejects.toThrow("enough");
  held.resolve();
  await settled();
  expect(arrived).toEqual([]);
});

test("a page that is disposed of at the news has signed in and out all the same", async () => {
  answerBy(({ path }) => (path === "session:watch" ? quiet() : openedOf("s1", 600)));
  const beside = new BroadcastChannel("ownid https://api.example.com/ shop");
  beside.onmessage = vi.fn();
  const [entrance, exit] = [pageOf().ownid, pageOf().ownid];
  for (const ownid of [entrance, exit]) {
    ownid.events.addEventListener("sessionchange", () => ownid.dispose());
  }

  expect((await entrance.session.exchange("ticket")).state).toBe("ACTIVE");
  expect(await exit.session.revoke()).toBeUndefined();
  await vi.waitFor(() => expect(beside.onmessage).toHaveBeenCalledTimes(2));
  beside.close();
});

test("after dispose calls are refused", async () => {
  answerBy(() => sessionOf("s1"));
  const { ownid } = pageOf();

  ownid.dispose();

  await expect(ownid.session.get()).rejects.toMatchObject({ name: "AbortError" });
});
