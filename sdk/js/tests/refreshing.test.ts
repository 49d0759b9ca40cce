import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TokensInCookies, TokensInMemory } from "../src/credentials.js";
import type { Note } from "../src/notes.js";
import { Refreshing } from "../src/refreshing.js";
import { Transport } from "../src/transport.js";
import { Turns } from "../src/turns.js";
import { answerBy, awaited, openedOf, refusal, unavailable } from "./gateway.js";

const OPTIONS = { app: "shop", baseUrl: "https://api.example.com" };
const refused = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  refused.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
});

function note(): Note {
  let noted: string | undefined;
  return {
    read: async () => noted,
    write: async (text) => {
      noted = text;
    },
  };
}

function tab(shared = note()) {
  const transport = new Transport(OPTIONS, new AbortController().signal);
  const credentials = new TokensInCookies(shared);
  const turns = new Turns("renewing", navigator.locks);
  return { credentials, refreshing: new Refreshing(transport, credentials, turns, refused) };
}

/** Has tokens of so many seconds, and begins to renew them. */
async function started(seconds: number) {
  const found = tab();
  await found.credentials.keep(openedOfSeconds(seconds));
  found.refreshing.start();
  return found;
}

function openedOfSeconds(seconds: number) {
  return { accessTokenExpireTime: new Date(Date.now() + seconds * 1000).toISOString() };
}

test.each([
  [600, 540],
  [90, 60],
  [12, 8],
])("tokens of %i seconds are renewed after %i", async (seconds, after) => {
  const arrived = answerBy(() => openedOf("s1", 86_400));
  await started(seconds);

  await vi.advanceTimersByTimeAsync(after * 1000 - 1);
  expect(arrived).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(arrived).toHaveLength(1);
});

test("nothing is renewed after stop", async () => {
  const arrived = answerBy(() => openedOf("s1", 600));
  const { refreshing } = await started(600);

  refreshing.stop();
  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(arrived).toHaveLength(0);
});

test.each([
  ["ahead", -3600],
  ["far behind", 400 * 86_400],
])("a clock that is %s does not have it renewed all the time", async (_, seconds) => {
  const arrived = answerBy(() => openedOf("s1", seconds));
  await started(seconds);

  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(arrived.length).toBeLessThan(2);
});

test("a clock that is ahead by nearly a token's life does not have it renewed all the time", async () => {
  const arrived = answerBy(() => openedOf("s1", 0.03));
  await started(0.03);

  await vi.advanceTimersByTimeAsync(60_000);

  expect(arrived.length).toBeLessThan(13);
});

test("who asks at the same time waits for one call", async () => {
  const arrived = answerBy(() => openedOf("s1", 600));
  const { refreshing } = tab();

  await Promise.all([refreshing.renew(), refreshing.renew(), refreshing.renew()]);

  expect(arrived).toHaveLength(1);
});

test("who asks at the same time is refused by one call", async () => {
  const arrived = answerBy(() => unavailable());
  const { refreshing } = tab();

  const renewed = [refreshing.renew(), refreshing.renew(), refreshing.renew()];

  for (const each of await Promise.allSettled(renewed)) expect(each.status).toBe("rejected");
  expect(arrived).toHaveLength(1);
});

test("a browser that keeps no notes has it renewed all the same", async () => {
  const none = () => Promise.reject(new Error("no notes"));
  const arrived = answerBy(() => openedOf("s1", 600));
  const { credentials, refreshing } = tab({ read: none, write: none });

  await refreshing.renew();
  refreshing.start();
  await vi.advanceTimersByTimeAsync(540_000);

  expect(arrived).toHaveLength(2);
  expect(Date.parse(credentials.expireTime ?? "") - Date.now()).toBe(600_000);
});

test("a tab that is opened later renews in time too", async () => {
  const shared = note();
  const arrived = answerBy(() => openedOf("s1", 86_400));
  await tab(shared).credentials.keep(openedOfSeconds(600));

  tab(shared).refreshing.start();
  await vi.advanceTimersByTimeAsync(540_000);

  expect(arrived).toHaveLength(1);
});

test("three tabs make one call", async () => {
  const shared = note();
  const late = awaited<object>();
  const arrived = answerBy(() => late.promise);
  const renewed = [tab(shared), tab(shared), tab(shared)].map(({ refreshing }) =>
    refreshing.renew(),
  );

  late.resolve(openedOf("s1", 600));
  await Promise.all(renewed);

  expect(arrived).toHaveLength(1);
});

test("tokens that were got meanwhile are not renewed", async () => {
  const arrived = answerBy(() => openedOf("s1", 600));
  const { credentials, refreshing } = await started(600);
  const seen = credentials.expireTime;
  await vi.advanceTimersByTimeAsync(1000);
  await refreshing.renew(seen);

  await refreshing.renew(seen);

  expect(arrived).toHaveLength(1);
});

test("after a failure it cools down, longer each time", async () => {
  const arrived = answerBy(() => unavailable(0));
  const { refreshing } = tab();
  const waits: number[] = [];

  await refreshing.renew().catch(() => undefined);
  for (const _ of Array(8)) {
    const [calls, begin] = [arrived.length, Date.now()];
    while (arrived.length === calls) {
      await vi.advanceTimersByTimeAsync(100);
      await expect(refreshing.renew()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    }
    waits.push(Date.now() - begin);
  }

  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test("it waits as long as it is told to", async () => {
  const arrived = answerBy(() => unavailable(20));
  const { refreshing } = tab();
  await expect(refreshing.renew()).rejects.toMatchObject({ retryDelayMs: 20_000 });

  await vi.advanceTimersByTimeAsync(19_999);
  await expect(refreshing.renew()).rejects.toMatchObject({ retryDelayMs: 20_000 });
  expect(arrived).toHaveLength(1);

  await vi.advanceTimersByTimeAsync(1);
  await expect(refreshing.renew()).rejects.toMatchObject({ retryDelayMs: 20_000 });
  expect(arrived).toHaveLength(2);
});

test("in the background it is tried again until it works, and at once when told", async () => {
  const answers = [unavailable(0), unavailable(600)];
  const arrived = answerBy(() => answers.shift() ?? openedOf("s1", 86_400));
  const { refreshing } = await started(600);
  await vi.advanceTimersByTimeAsync(540_500);
  expect(arrived).toHaveLength(2);

  refreshing.retry();
  await vi.advanceTimersByTimeAsync(0);

  expect(arrived).toHaveLength(3);
});

test.each(["SESSION_ENDED", "REFRESH_TOKEN_REUSED", "CREDENTIAL_INVALID"])(
  "%s says that there will be no new tokens",
  async (reason) => {
    answerBy(() => refusal(reason));
    const { refreshing } = tab();

    await expect(refreshing.renew()).rejects.toMatchObject({ reason });

    expect(refused).toHaveBeenCalledOnce();
  },
);

test("tokens that come after signing out are let go", async () => {
  const late = awaited<object>();
  answerBy(() => late.promise);
  const transport = new Transport({ ...OPTIONS, mode: "bearer" }, new AbortController().signal);
  const credentials = new TokensInMemory();
  await credentials.keep({ ...openedOfSeconds(600), accessToken: "a1", refreshToken: "r1" });
  const refreshing = new Refreshing(transport, credentials, new Turns("one", undefined), refused);
  const renewed = refreshing.renew();
  await vi.advanceTimersByTimeAsync(0);

  await credentials.forget();
  late.resolve(openedOf("s1", 600, { access_token: "a2", refresh_token: "r2" }));
  await renewed;

  expect(credentials.accessToken).toBeUndefined();
  expect(credentials.refreshToken).toBeUndefined();
});
