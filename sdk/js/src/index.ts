/** The signed-in user of one app in the browser: session, own account, and what happens to both. */

export { createOwnID } from "./client.js";
export { type Code, isOwnIDError, OwnIDError, type Reason, type Violation } from "./errors.js";
export type {
  Account,
  AccountClient,
  AccountSchema,
  CallOptions,
  Changes,
  Conflict,
  OwnID,
  OwnIDEventMap,
  OwnIDEvents,
  OwnIDOptions,
  Session,
  SessionClient,
  UpdateOptions,
} from "./types.js";
