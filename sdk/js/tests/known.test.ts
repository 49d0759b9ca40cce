import { expect, test, vi } from "vitest";
import { Known } from "../src/known.js";
import { awaited } from "./gateway.js";

test("a late answer does not overwrite what is newer", async () => {
  const known = new Known<string>(() => undefined);
  const late = awaited<string>();
  const answers = [late.promise, "newest"];
  const ask = vi.fn(async () => answers.shift() as string);
  const asked = known.read(ask);
  known.set("newer");

  late.resolve("old");

  expect(await asked).toBe("newest");
  expect(known.value).toBe("newest");
  expect(ask).toHaveBeenCalledTimes(2);
});

test("a late failure says nothing of what is newer", async () => {
  const known = new Known<string>(() => undefined);
  const late = awaited<string>();
  const answers = [late.promise.then(() => Promise.reject(new Error("old"))), "new"];
  const asked = known.read(async () => answers.shift() as string);
  known.outdate();

  late.resolve("");

  expect(await asked).toBe("new");
});

test("who asks at the same time gets one answer", async () => {
  const known = new Known<string>(() => undefined);
  const ask = vi.fn(async () => "answer");

  const answers = await Promise.all([known.read(ask), known.read(ask)]);
  await known.read(ask);

  expect(answers).toEqual(["answer", "answer"]);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("what was forgotten does not come back", async () => {
  const told: string[] = [];
  const known = new Known<string>((value) => told.push(value));
  const late = awaited<string>();
  const answers = [late.promise, "of another user"];
  const asked = known.read(async () => answers.shift() as string);

  known.forget();
  late.resolve("of the user before");

  expect(await asked).toBe("of another user");
  expect(told).toEqual(["of another user"]);
});
