/** The form of the profile: drawn from the schema, in step with the account, saved by its etag. */

import { isOwnIDError } from "/sdk/ownid.js";
import { ownid } from "./client.js";
import { find, make, say } from "./dom.js";
import { Field } from "./field.js";
import { placesOf, putAt, valueAt } from "./places.js";

const PREFIX = "account.profile.";

/** The form; `follow` keeps it in step. */
export class ProfileForm {
  #fields;
  #etag = "";
  #status = find("status");
  #discard = find("discard");

  /** Draws the fields of a schema. */
  constructor(schema) {
    this.#fields = placesOf(schema)
      .filter((place) => !place.isFact)
      .map((place) => new Field(place));
    find("fields").replaceChildren(...grouped(this.#fields));
    for (const field of this.#fields) field.addEventListener("edit", () => this.#count());
    this.#discard.addEventListener("click", () => this.#discardAll());
    find("profile").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** Whether the user has changed something that is not saved. */
  get isDirty() {
    return this.#fields.some((field) => field.isDirty);
  }

  /** Shows an account for the first time. */
  show(account) {
    this.#take(account);
    this.#count();
  }

  /** Shows what was changed elsewhere; what the user is about to change stays, and is compared. */
  follow(account) {
    const moved = this.#take(account);
    for (const field of moved) field.highlight();
    this.#count();
    if (this.#fields.some((field) => field.isInConflict)) {
      this.#say("Changed elsewhere too: choose what is to stay.");
    } else if (moved.length > 0) {
      this.#say(`Changed elsewhere: ${moved.map((field) => field.place.title).join(", ")}.`);
    }
  }

  #take(account) {
    this.#etag = account.etag;
    return this.#fields.filter((field) => field.follow(valueAt(account.profile, field.place.path)));
  }

  async #save() {
    if (this.#stopAtConflict()) return;
    if (!this.isDirty) return this.#say("There is nothing to save.");
    for (const field of this.#fields) field.complain("");
    try {
      const account = await ownid.account.update(this.#changes(), {
        etag: this.#etag,
        onConflict: ({ theirs }) => this.#compared(theirs),
      });
      this.#take(account);
      this.#count();
      this.#say("Saved.");
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Returns the changes to make on a newer account; null where the user has to choose first. */
  #compared(theirs) {
    this.follow(theirs);
    return this.#fields.some((field) => field.isInConflict) ? null : this.#changes();
  }

  #changes() {
    const changes = {};
    for (const field of this.#fields) {
      if (field.isDirty) putAt(changes, field.place.path, field.value);
    }
    return changes;
  }

  #refused(error) {
    if (this.#stopAtConflict()) return;
    if (!isOwnIDError(error)) throw error;
    const faults = faultsOf(error);
    const faulty = this.#fields.filter((field) => faults.has(pathOf(field)));
    for (const field of faulty) field.complain(faults.get(pathOf(field)));
    faulty[0]?.focus();
    const isAllShown = faulty.length > 0 && faulty.length === faults.size;
    this.#say(isAllShown ? "Not saved: look at what is marked." : `Not saved. ${error.message}`);
  }

  #stopAtConflict() {
    const field = this.#fields.find((each) => each.isInConflict);
    if (field === undefined) return false;
    field.focus();
    this.#say("Choose what is to stay before you save.");
    return true;
  }

  #discardAll() {
    for (const field of this.#fields) field.discard();
    this.#count();
    this.#say("");
    find("save").focus();
  }

  #count() {
    const count = this.#fields.filter((field) => field.isDirty).length;
    this.#discard.hidden = count === 0;
    if (count > 0) this.#say(count === 1 ? "1 unsaved change" : `${count} unsaved changes`);
    else if (this.#status.textContent.includes("unsaved")) this.#say("");
  }

  #say(text) {
    say(this.#status, text);
  }
}

/** Returns the fields, those of one object together under its title. */
function grouped(fields) {
  const elements = [];
  let group = "";
  for (const field of fields) {
    if (field.place.group === "") elements.push(field.element);
    else {
      if (field.place.group !== group) {
        elements.push(make("fieldset", { class: "whole" }, make("legend", {}, field.place.group)));
      }
      elements.at(-1).append(field.element);
    }
    group = field.place.group;
  }
  return elements;
}

function pathOf(field) {
  return field.place.path.join(".");
}

/** Returns what is wrong, by the path of the property. */
function faultsOf(error) {
  const said = error.violations.map(({ field, description }) => [
    field.replace(PREFIX, ""),
    description,
  ]);
  if (isOwnIDError(error, "VALUE_TAKEN")) {
    said.push([error.metadata.property?.replace("profile.", ""), "Somebody else has this already."]);
  }
  return new Map(said);
}
