import { expect, test } from "vitest";
import { endsSession, errorOf, isOwnIDError, OwnIDError } from "../src/errors.js";
import { refusal, unavailable } from "./gateway.js";

test("an answer of the service is read whole", async () => {
  const faults = [{ field: "account.profile.email", description: "is no address" }];
  const details = [
    { "@type": "type.googleapis.com/google.rpc.BadRequest", field_violations: faults },
  ];

  const error = await errorOf(refusal("PROFILE_INVALID", { status: 400, code: 3, details }));

  expect(error).toBeInstanceOf(OwnIDError);
  expect(error).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "PROFILE_INVALID",
    violations: faults,
    requestId: "r1",
    message: "It is PROFILE_INVALID.",
    retryDelayMs: undefined,
  });
});

test("what a precondition is about stands as a violation too", async () => {
  const violations = [{ type: "MAPPING", subject: "email", description: "has no column" }];
  const details = [{ violations }];

  const error = await errorOf(refusal("MAPPING_FAULTY", { status: 400, code: 9, details }));

  expect(error.violations).toEqual([{ field: "email", description: "has no column" }]);
});

test("the gateway's own answer says when to try again", async () => {
  const error = await errorOf(unavailable(1.5));

  expect(error).toMatchObject({ code: "UNAVAILABLE", reason: undefined, retryDelayMs: 1500 });
});

test.each([
  [502, "UNAVAILABLE"],
  [418, "UNKNOWN"],
])("an answer %i of somebody else is %s", async (status, code) => {
  const error = await errorOf(new Response("<html>", { status }));

  expect(error).toMatchObject({ code, message: `The gateway answered with HTTP ${status}.` });
});

test("errors are told apart by their reason", async () => {
  const error = await errorOf(refusal("SESSION_ENDED"));

  expect(isOwnIDError(error)).toBe(true);
  expect(isOwnIDError(error, "TICKET_INVALID", "SESSION_ENDED")).toBe(true);
  expect(isOwnIDError(error, "TICKET_INVALID")).toBe(false);
  expect(isOwnIDError(new Error("SESSION_ENDED"))).toBe(false);
});

test.each([
  ["SESSION_ENDED", true],
  ["REFRESH_TOKEN_REUSED", true],
  ["CREDENTIAL_EXPIRED", false],
  ["ORIGIN_NOT_ALLOWED", false],
  ["DATABASE_UNAVAILABLE", false],
])("%s ends the session: %s", async (reason, ends) => {
  expect(endsSession(await errorOf(refusal(reason)))).toBe(ends);
});
