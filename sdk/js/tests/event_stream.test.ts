import { expect, test } from "vitest";
import { eventsOf } from "../src/event_stream.js";
import { Stream } from "./gateway.js";

async function read(...pieces: string[]): Promise<unknown[]> {
  const stream = new Stream();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  const events: unknown[] = [];
  for await (const event of eventsOf(stream.answer.body as ReadableStream<Uint8Array>)) {
    events.push(event);
  }
  return events;
}

test("events are read however they are cut", async () => {
  const text = 'data: {"a": 1}\n\ndata: {"b": "ü"}\n\n';

  for (let cut = 1; cut < text.length; cut += 1) {
    expect(await read(text.slice(0, cut), text.slice(cut))).toEqual([{ a: 1 }, { b: "ü" }]);
  }
});

test("comments, other fields and what is not whole are passed over", async () => {
  expect(
    await read(': ping\n\nid: 7\nevent: x\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: {"b"'),
  ).toEqual([{ a: 1 }]);
});
