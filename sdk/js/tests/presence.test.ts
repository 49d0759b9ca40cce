import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Presence } from "../src/presence.js";

const page = Object.assign(new EventTarget(), { hidden: false });
const browser = new EventTarget();
const listener = { present: vi.fn(), returned: vi.fn(), online: vi.fn() };
let disposal: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  page.hidden = false;
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", browser);
  vi.stubGlobal("navigator", { onLine: true });
  for (const each of Object.values(listener)) each.mockReset();
  disposal = new AbortController();
  new Presence(listener, disposal.signal);
});
afterEach(() => {
  disposal.abort();
  vi.useRealTimers();
});

function look(isHidden: boolean): void {
  page.hidden = isHidden;
  page.dispatchEvent(new Event("visibilitychange"));
}

test("a page that was hidden for seconds counts as looked at", async () => {
  look(true);
  await vi.advanceTimersByTimeAsync(29_000);
  look(false);
  await vi.advanceTimersByTimeAsync(60_000);

  expect(listener.present).not.toHaveBeenCalled();
  expect(listener.returned).toHaveBeenCalledOnce();
});

test("a page that stays hidden does not, until it is looked at again", async () => {
  look(true);
  await vi.advanceTimersByTimeAsync(30_000);
  look(false);

  expect(listener.present.mock.calls).toEqual([[false], [true]]);
});

test("focus and visibility together are one return", async () => {
  look(false);
  browser.dispatchEvent(new Event("focus"));
  expect(listener.returned).toHaveBeenCalledOnce();

  await vi.advanceTimersByTimeAsync(5_000);
  browser.dispatchEvent(new Event("focus"));
  expect(listener.returned).toHaveBeenCalledTimes(2);
});

test("the network goes and comes back", () => {
  browser.dispatchEvent(new Event("offline"));
  browser.dispatchEvent(new Event("online"));

  expect(listener.present.mock.calls).toEqual([[false], [true]]);
  expect(listener.online).toHaveBeenCalledOnce();
  expect(listener.returned).toHaveBeenCalledOnce();
});

test("a page that is left and come back to is read again", () => {
  browser.dispatchEvent(new Event("pagehide"));
  browser.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));

  expect(listener.present.mock.calls).toEqual([[false], [true]]);
  expect(listener.returned).toHaveBeenCalledOnce();
});

test("a page that has just been opened is not read again", () => {
  browser.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));

  expect(listener.returned).not.toHaveBeenCalled();
});

test("a page that is opened in the background is let go of too", async () => {
  page.hidden = true;
  const presence = new Presence(listener, disposal.signal);
  expect(presence.isPresent).toBe(true);

  await vi.advanceTimersByTimeAsync(30_000);

  expect(presence.isPresent).toBe(false);
});

test("a page that is opened without a network waits for it", () => {
  vi.stubGlobal("navigator", { onLine: false });
  const presence = new Presence(listener, disposal.signal);
  expect(presence.isPresent).toBe(false);

  browser.dispatchEvent(new Event("online"));

  expect(presence.isPresent).toBe(true);
});

test("after dispose nothing is told", async () => {
  look(true);
  disposal.abort();
  await vi.advanceTimersByTimeAsync(60_000);
  look(false);

  expect(listener.present).not.toHaveBeenCalled();
  expect(listener.returned).not.toHaveBeenCalled();
});
