import { expect, test } from "vitest";
import { messageOf } from "../src/wire.js";

test("fields are named as in proto JSON, also in messages within", () => {
  const answer = { session: { create_time: "t" }, faults: [{ sample_names: ["a_b"] }] };

  expect(messageOf(answer)).toEqual({
    session: { createTime: "t" },
    faults: [{ sampleNames: ["a_b"] }],
  });
});

test.each(["profile", "payload"])("members of %s are the app's to name", (field) => {
  const open = { given_name: "Ada", address: { zip_code: "1" } };

  expect(messageOf({ [field]: open })).toEqual({ [field]: open });
});

test("a schema is left as it is", () => {
  const schema = { properties: { given_name: { "x-ownid-self": "read" } } };

  expect(messageOf({ json_schema: schema })).toEqual({ jsonSchema: schema });
});
