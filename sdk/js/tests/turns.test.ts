import { expect, test, vi } from "vitest";
import { Turns } from "../src/turns.js";
import { awaited } from "./gateway.js";

test.each([
  ["with Web Locks", navigator.locks],
  ["without", undefined],
])("work is done one after the other, %s", async (_, locks) => {
  const turns = new Turns("one after the other", locks);
  const first = awaited<string>();
  const order: string[] = [];
  const done = [
    turns.take(async () => order.push(await first.promise)),
    turns.take(async () => order.push("second")),
  ];

  first.resolve("first");
  await Promise.all(done);

  expect(order).toEqual(["first", "second"]);
});

test("two tabs take turns too", async () => {
  const tab = new Turns("two tabs", navigator.locks);
  const other = new Turns("two tabs", navigator.locks);
  const held = awaited<void>();
  const order: string[] = [];
  const first = tab.take(() => held.promise.then(() => order.push("tab")));
  const second = other.take(async () => order.push("other"));

  held.resolve();
  await Promise.all([first, second]);

  expect(order).toEqual(["tab", "other"]);
});

test("what fails fails for who asked, and holds up nobody", async () => {
  const turns = new Turns("failing", navigator.locks);
  const fault = new Error("fault");

  await expect(turns.take(() => Promise.reject(fault))).rejects.toBe(fault);
  expect(await turns.take(async () => "next")).toBe("next");
});

test("a tab that is frozen in its turn is not waited for", async () => {
  vi.useFakeTimers();
  const frozen = awaited<void>();
  void new Turns("frozen", navigator.locks).take(() => frozen.promise);

  const done = new Turns("frozen", navigator.locks).take(async () => "done");
  await vi.advanceTimersByTimeAsync(20_000);

  expect(await done).toBe("done");
  frozen.resolve();
  vi.useRealTimers();
});
