import { expectTypeOf, test } from "vitest";
import type { Account, Changes, OwnID, Reason, Session } from "../src/index.js";

interface Profile {
  email: string;
  given_name?: string;
  tags?: string[];
  address?: { city: string; zip_code?: string };
}

test("a profile is what the page says it is", () => {
  expectTypeOf<Account<Profile>["profile"]>().toEqualTypeOf<Profile>();
  expectTypeOf<Account["profile"]>().toEqualTypeOf<Record<string, unknown>>();
  expectTypeOf<Account["etag"]>().toEqualTypeOf<string>();
  expectTypeOf<Account["disabled"]>().toEqualTypeOf<boolean | undefined>();
});

test("changes go as deep as the profile, and clear by null", () => {
  expectTypeOf({ address: { city: null }, tags: ["a"] }).toExtend<Changes<Profile>>();
  expectTypeOf({ address: null, email: null }).toExtend<Changes<Profile>>();
  expectTypeOf({ address: { city: 1 } }).not.toExtend<Changes<Profile>>();
  expectTypeOf({ tags: [1] }).not.toExtend<Changes<Profile>>();
});

test("sessions and reasons are the contract's", () => {
  expectTypeOf<Session["state"]>().toEqualTypeOf<
    "STATE_UNSPECIFIED" | "ACTIVE" | "EXPIRED" | "REVOKED"
  >();
  expectTypeOf<"ETAG_MISMATCH" | "SESSION_ENDED">().toExtend<Reason>();
  expectTypeOf<"UNSPECIFIED">().not.toExtend<Reason>();
  expectTypeOf<Session>().not.toHaveProperty("accessToken");
});

test("events have the details of their type", () => {
  const listen = (events: OwnID<Profile>["events"]) => {
    events.addEventListener("accountchange", ({ detail }) => {
      expectTypeOf(detail).toEqualTypeOf<{ account: Account<Profile> }>();
    });
    // @ts-expect-error There is no such event.
    events.addEventListener("nothing", () => undefined);
  };
  expectTypeOf(listen).toBeFunction();
});
