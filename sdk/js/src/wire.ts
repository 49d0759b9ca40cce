/** Turns the gateway's JSON, in snake case, into messages as proto JSON names their fields. */

/** Fields that hold what is not ours: their members are called as the app calls them. */
const OPEN = new Set(["profile", "payload", "json_schema"]);

/** Returns an answer of the gateway as the message that it is. */
export function messageOf<Message>(answer: unknown): Message {
  return named(answer) as Message;
}

function named(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [
    name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    OPEN.has(name) ? member : named(member),
  ]);
  return Object.fromEntries(entries);
}
