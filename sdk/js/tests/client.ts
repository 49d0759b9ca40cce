/** A page with the SDK, as its tests need one. */

import { afterEach, beforeEach, vi } from "vitest";
import { createOwnID } from "../src/index.js";
import type { OwnID, OwnIDEventMap, OwnIDOptions } from "../src/types.js";

/** A profile as the tests' shop has it. */
export interface Profile {
  given_name?: string;
  email?: string;
}

/** The SDK in a page, and the events that it has sent. */
export interface Page {
  ownid: OwnID<Profile>;
  told: { type: string; detail: unknown }[];
}

const TYPES: (keyof OwnIDEventMap<Profile>)[] = [
  "sessionchange",
  "accountchange",
  "sessionexpired",
  "connectionchange",
];
const open: OwnID<Profile>[] = [];

/** Opens a page; it is disposed of after the test. */
export function pageOf(options: Partial<OwnIDOptions> = {}): Page {
  const ownid = createOwnID<Profile>({
    app: "shop",
    baseUrl: "https://api.example.com/",
    ...options,
  });
  open.push(ownid);
  const told: Page["told"] = [];
  for (const type of TYPES) {
    ownid.events.addEventListener(type, ({ detail }) => told.push({ type, detail }));
  }
  return { ownid, told };
}

/** Has the tests of a file run at times of their own, without anything left of the one before. */
export function standAlone(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.dispose();
    vi.useRealTimers();
  });
}

/** Returns once all that can go on without time passing has gone on. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await vi.advanceTimersByTimeAsync(0);
}
