import { beforeEach, expect, test, vi } from "vitest";
import { pageOf, settled, standAlone } from "./client.js";
import { answerBy, awaited, openedOf, refusal, Stream, sessionOf, unavailable } from "./gateway.js";

standAlone();

let streams: Stream[];
let version: number;

beforeEach(() => {
  streams = [];
  version = 1;
  vi.spyOn(Math, "random").mockReturnValue(1);
});

/** A service on which the account is at `version`. */
function serve(watch: () => unknown = opened) {
  return answerBy(({ path }) => {
    if (path === "session:watch") return watch();
    if (path === "session/account") return { name: "apps/shop/accounts/1", etag: `e${version}` };
    return sessionOf("s1");
  });
}

function opened(): Response {
  const stream = new Stream();
  streams.push(stream);
  stream.send({ heartbeat: {} });
  return stream.answer;
}

async function following() {
  const page = pageOf();
  await page.ownid.session.get();
  await page.ownid.account.get();
  await settled();
  return page;
}

test("a change elsewhere is read, once", async () => {
  const arrived = serve();
  const { told } = await following();
  const before = arrived.length;

  version = 2;
  streams[0]?.send({ account_changed: { etag: "e2" } });
  await settled();
  streams[0]?.send({ account_changed: { etag: "e2" } });
  await settled();

  expect(told.at(-1)).toMatchObject({ type: "accountchange", detail: { account: { etag: "e2" } } });
  expect(arrived.length - before).toBe(1);
});

test("an account that the page never read is not read", async () => {
  const arrived = serve();
  const { ownid } = pageOf();
  await ownid.session.get();
  await settled();

  streams[0]?.send({ account_changed: { etag: "e2" } });
  await settled();

  expect(arrived.map((each) => each.path)).toEqual(["session", "session:watch"]);
});

test("a change while the account is read for the first time is not missed", async () => {
  const late = awaited<object>();
  const reads: unknown[] = [late.promise];
  answerBy(({ path }) => {
    if (path === "session:watch") return opened();
    if (path === "session") return sessionOf("s1");
    return reads.shift() ?? { name: "apps/shop/accounts/1", etag: "e2" };
  });
  const { ownid, told } = pageOf();
  await ownid.session.get();
  await settled();
  const reading = ownid.account.get();
  await settled();

  streams[0]?.send({ account_changed: { etag: "e2" } });
  await settled();
  late.resolve({ name: "apps/shop/accounts/1", etag: "e1" });

  expect((await reading).etag).toBe("e2");
  expect(told.at(-1)).toMatchObject({ type: "accountchange", detail: { account: { etag: "e2" } } });
});

test("the end of the session is told with its reason", async () => {
  const arrived = serve();
  const { ownid, told } = await following();

  streams[0]?.send({ session_ended: { reason: "new password" } });
  streams[0]?.end();
  await vi.advanceTimersByTimeAsync(120_000);

  expect(told).toContainEqual({ type: "sessionexpired", detail: { reason: "new password" } });
  expect(ownid.session.current).toBeNull();
  expect(ownid.account.current).toBeUndefined();
  expect(arrived.filter((each) => each.path === "session:watch")).toHaveLength(1);
});

test("another session is watched by itself", async () => {
  let id = "s1";
  answerBy(({ path }) => {
    if (path === "session:watch") return opened();
    return path === "session:exchange" ? openedOf(id, 600) : sessionOf(id);
  });
  const { ownid } = pageOf();
  await ownid.session.get();
  await settled();

  id = "s2";
  await ownid.session.exchange("ticket");
  await settled();

  expect(() => streams[0]?.send({ session_ended: {} })).toThrow("closed");
  expect(streams).toHaveLength(2);
  expect(ownid.session.current?.name).toMatch(/s2$/);
});

test("a stream that ends is opened again, and what was missed is read", async () => {
  serve();
  const { told } = await following();

  version = 2;
  streams[0]?.end();
  await vi.advanceTimersByTimeAsync(500);

  expect(streams).toHaveLength(2);
  expect(told.slice(-3)).toMatchObject([
    { type: "connectionchange", detail: { connected: false } },
    { type: "connectionchange", detail: { connected: true } },
    { type: "accountchange", detail: { account: { etag: "e2" } } },
  ]);
});

test("a service that is away is tried less and less often", async () => {
  const arrived = serve(() => unavailable(0));
  await following();
  const tries = () => arrived.filter((each) => each.path === "session:watch").length;

  await vi.advanceTimersByTimeAsync(500 + 1000 + 2000 + 4000);
  expect(tries()).toBe(5);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(tries()).toBeLessThan(5 + 24);
});

test("a gateway that does not answer is tried less and less often too", async () => {
  const arrived = serve(() => new Promise(() => undefined));
  await following();
  const tries = () => arrived.filter((each) => each.path === "session:watch").length;

  await vi.advanceTimersByTimeAsync(4 * 15_000 + 500 + 1000 + 2000 + 4000);
  expect(tries()).toBe(5);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(tries()).toBeLessThan(5 + 16);
});

test("a watch whose token has ended renews it first", async () => {
  let isOld = true;
  const arrived = answerBy(({ path }) => {
    if (path === "session:refresh") isOld = false;
    if (path === "session:refresh") return openedOf("s1", 600);
    if (path === "session:watch") return isOld ? refusal("CREDENTIAL_EXPIRED") : opened();
    return sessionOf("s1");
  });
  const { ownid, told } = pageOf();

  await ownid.session.get();
  await settled();

  expect(arrived.map((each) => each.path)).toEqual([
    "session",
    "session:watch",
    "session:refresh",
    "session:watch",
  ]);
  expect(told.at(-1)?.type).toBe("connectionchange");
});

test("a connection that is silent for a minute is taken for dead", async () => {
  serve();
  await following();

  await vi.advanceTimersByTimeAsync(59_000);
  streams[0]?.send({ heartbeat: {} });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(streams).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2000);

  expect(streams).toHaveLength(2);
});

test("a connection on which nothing ever comes is taken for dead too", async () => {
  const silent = [new Stream(), new Stream()];
  const arrived = serve(() => silent.shift()?.answer ?? opened());
  await following();

  await vi.advanceTimersByTimeAsync(61_000);

  expect(arrived.filter((each) => each.path === "session:watch")).toHaveLength(2);
});

test("other tabs are told that something has changed, and not what", async () => {
  serve();
  const said: unknown[] = [];
  const channel = new BroadcastChannel("ownid https://api.example.com/ shop");
  channel.onmessage = ({ data }) => said.push(data);
  const { ownid } = await following();

  await ownid.account.update({ given_name: "Ada" });
  await ownid.session.revoke();
  await vi.waitFor(() => expect(said).toEqual(["account", "session"]));

  channel.close();
});

test("a tab that is told reads what it had read", async () => {
  const arrived = serve();
  const { told } = await following();
  const before = arrived.length;
  const channel = new BroadcastChannel("ownid https://api.example.com/ shop");

  version = 2;
  told.length = 0;
  channel.postMessage("session");
  await vi.waitFor(() => expect(told.map((each) => each.type)).toEqual(["accountchange"]));

  expect(arrived.slice(before).map((each) => each.path)).toEqual(["session", "session/account"]);
  channel.close();
});

test("what other tabs tell while the session is read for the first time is not missed", async () => {
  const late = awaited<Response>();
  const answers: unknown[] = [late.promise];
  answerBy(({ path }) => {
    if (path === "session:watch") return new Promise(() => undefined);
    return answers.shift() ?? sessionOf("s1");
  });
  const { ownid, told } = pageOf();
  const reading = ownid.session.get();
  const channel = new BroadcastChannel("ownid https://api.example.com/ shop");
  const beside = new BroadcastChannel(channel.name);
  beside.onmessage = vi.fn();

  channel.postMessage("session");
  await vi.waitFor(() => expect(beside.onmessage).toHaveBeenCalled());
  late.resolve(refusal("CREDENTIAL_MISSING"));

  expect(await reading).not.toBeNull();
  expect(told.map((each) => each.type)).toEqual(["sessionchange"]);
  for (const each of [channel, beside]) each.close();
});

test.each(["focus", "online"])("what was missed is read at %s", async (moment) => {
  const browser = new EventTarget();
  vi.stubGlobal("window", browser);
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
  vi.stubGlobal("navigator", { onLine: true, locks: navigator.locks });
  serve();
  const { told } = await following();
  told.length = 0;

  version = 2;
  browser.dispatchEvent(new Event(moment));
  await settled();

  expect(told).toMatchObject([{ type: "accountchange", detail: { account: { etag: "e2" } } }]);
});

test("after dispose nothing goes on", async () => {
  const arrived = serve();
  const { ownid } = await following();
  const before = arrived.length;

  ownid.dispose();
  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(arrived).toHaveLength(before);
});
