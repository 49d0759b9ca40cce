import { expect, test, vi } from "vitest";
import { pageOf, settled, standAlone } from "./client.js";
import { answerBy, awaited, refusal } from "./gateway.js";

standAlone();

const NAME = "apps/shop/accounts/1";

function accountOf(etag: string, profile?: object): object {
  return { name: NAME, etag, ...(profile ? { profile } : {}) };
}

function mismatch(): Response {
  return refusal("ETAG_MISMATCH", { status: 409, code: 10 });
}

test("a profile without any property is an empty one", async () => {
  answerBy(() => accountOf("e1"));
  const { ownid } = pageOf();

  expect(await ownid.account.get()).toEqual({ name: NAME, etag: "e1", profile: {} });
});

test("a change is sent as it was given", async () => {
  const arrived = answerBy(() => accountOf("e2", { given_name: "Ada" }));
  const { ownid, told } = pageOf();

  await ownid.account.update({ given_name: "Ada", email: null }, { etag: "e1" });

  expect(arrived).toMatchObject([
    {
      method: "PATCH",
      path: "session/account",
      body: { profile: { given_name: "Ada", email: null }, etag: "e1" },
    },
  ]);
  expect(ownid.account.current?.etag).toBe("e2");
  expect(told.map((each) => each.type)).toEqual(["accountchange"]);
});

test("without a callback a conflict is the caller's", async () => {
  answerBy(mismatch);
  const { ownid } = pageOf();

  const writing = ownid.account.update({ given_name: "Ada" }, { etag: "e1" });

  await expect(writing).rejects.toMatchObject({ code: "ABORTED", reason: "ETAG_MISMATCH" });
});

test("a callback sees all versions and decides, until it fits", async () => {
  let reads = 0;
  const arrived = answerBy(({ method, body }) => {
    if (method === "GET") {
      reads += 1;
      return accountOf(`e${reads}`, { given_name: `Name ${reads}` });
    }
    return body?.["etag"] === "e3" ? accountOf("e4", { given_name: "Merged" }) : mismatch();
  });
  const { ownid } = pageOf();
  const base = await ownid.account.get();
  const onConflict = vi.fn(async () => ({ given_name: "Merged" }));

  const written = await ownid.account.update({ given_name: "Mine" }, { onConflict });

  expect(written.etag).toBe("e4");
  expect(onConflict.mock.calls).toMatchObject([
    [{ changes: { given_name: "Mine" }, base, theirs: { etag: "e2" } }],
    [{ changes: { given_name: "Merged" }, base: { etag: "e2" }, theirs: { etag: "e3" } }],
  ]);
  const sent = arrived.filter((each) => each.method === "PATCH");
  expect(sent.map((each) => each.body?.["etag"])).toEqual(["e1", "e2", "e3"]);
});

test("a callback that gives up leaves everything as it is", async () => {
  const arrived = answerBy(({ method }) => (method === "GET" ? accountOf("e2") : mismatch()));
  const { ownid } = pageOf();

  const writing = ownid.account.update(
    { given_name: "Mine" },
    { etag: "e1", onConflict: ({ base }) => (base === undefined ? null : {}) },
  );

  await expect(writing).rejects.toMatchObject({ reason: "ETAG_MISMATCH" });
  expect(arrived.filter((each) => each.method === "PATCH")).toHaveLength(1);
});

test("a read that comes late does not overwrite what was written", async () => {
  const late = awaited<object>();
  const answers: unknown[] = [late.promise, accountOf("e2")];
  answerBy(({ method }) => (method === "GET" ? answers.shift() : accountOf("e2")));
  const { ownid, told } = pageOf();
  const reading = ownid.account.get();
  await ownid.account.update({ given_name: "Ada" });

  late.resolve(accountOf("e1"));

  expect((await reading).etag).toBe("e2");
  expect(told.map(({ detail }) => detail)).toMatchObject([{ account: { etag: "e2" } }]);
});

test("of two writes the service says which is newer", async () => {
  const late = awaited<object>();
  const writes: unknown[] = [late.promise, accountOf("second")];
  answerBy(({ method }) => (method === "PATCH" ? writes.shift() : accountOf("first")));
  const { ownid } = pageOf();
  const first = ownid.account.update({ given_name: "One" });
  await ownid.account.update({ given_name: "Two" });

  late.resolve(accountOf("late"));
  await first;
  await settled();

  expect(ownid.account.current?.etag).toBe("first");
});
