/** One value in the form: what was stored, what the user makes of it, and what is wrong with it. */

import { controlOf } from "./controls.js";
import { make, say } from "./dom.js";
import { textOf } from "./texts.js";

const ONCE = "You can set this once.";
const WRONG_FORM = "This is not written as it should be.";
const FIXED = "This was set, and stays as it is.";

/** A field of the form, which says "edit" whenever the user does something to it. */
export class Field extends EventTarget {
  #control;
  #stored;
  #hint;
  #conflict;
  #error;

  /** @param {import("./places.js").Place} place */
  constructor(place) {
    super();
    this.place = place;
    const id = `field-${place.path.join("-")}`;
    this.#control = controlOf(place, id);
    this.#stored = this.#control.read();
    const hint = [place.schema.description, place.isOnce ? ONCE : null].filter(Boolean).join(" ");
    this.#hint = make("p", { id: `${id}-hint`, class: "hint", hidden: hint === "" }, hint);
    this.#error = make("p", { id: `${id}-error`, class: "error", hidden: true });
    this.#conflict = make("div", { id: `${id}-conflict`, class: "conflict", hidden: true });
    this.#control.element.setAttribute(
      "aria-describedby",
      `${id}-hint ${id}-error ${id}-conflict`,
    );
    this.element = this.#arranged(id);
    this.#control.element.addEventListener("input", () => this.#edited());
  }

  /** Whether the user has made something else of it than is stored. */
  get isDirty() {
    return this.#control.read() !== this.#stored;
  }

  /** Whether it was changed elsewhere too, and the user has not said which one is to stay. */
  get isInConflict() {
    return !this.#conflict.hidden;
  }

  /** What the user makes of it. */
  get value() {
    return this.#control.read();
  }

  /**
   * Takes what is stored now; what the user has made of it stays.
   *
   * @returns {boolean} whether it shows something else than before
   */
  follow(value) {
    const stored = this.place.schema.type === "boolean" ? value === true : value;
    const hadEdits = this.isDirty;
    const isNews = stored !== this.#stored;
    this.#stored = stored;
    if (this.place.isOnce && stored !== null && !hadEdits) this.#fix();
    if (!isNews) return false;
    if (!hadEdits) {
      this.#control.write(stored);
      return true;
    }
    if (this.isDirty) this.#showConflict();
    else this.settle();
    return false;
  }

  /** Shows that what it shows came from elsewhere. */
  highlight() {
    this.element.classList.remove("followed");
    // Reading a size has the browser notice that the class was gone, so that it moves again.
    void this.element.offsetWidth;
    this.element.classList.add("followed");
  }

  /** Shows what is stored, whatever the user has made of it. */
  discard() {
    this.#control.write(this.#stored);
    this.settle();
  }

  /** Has no fault and no conflict any more. */
  settle() {
    this.complain("");
    this.#conflict.replaceChildren();
    this.#conflict.hidden = true;
    if (this.place.isOnce && this.#stored !== null && !this.isDirty) this.#fix();
  }

  /** Shows what is wrong with it, "" being nothing. */
  complain(text) {
    say(this.#error, this.#inWords(text));
    if (text === "") this.#control.element.removeAttribute("aria-invalid");
    else this.#control.element.setAttribute("aria-invalid", "true");
  }

  /** Moves the user here. */
  focus() {
    this.#control.element.focus();
  }

  /** Returns a fault as people say it: nobody reads the pattern that the service names. */
  #inWords(text) {
    const { pattern } = this.place.schema;
    if (pattern !== undefined && text.includes(pattern)) return WRONG_FORM;
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  #arranged(id) {
    const { title, isRequired, schema } = this.place;
    const mark = isRequired ? make("span", { class: "mark", "aria-hidden": "true" }, " *") : null;
    const label = make("label", { for: id }, title, mark);
    const below = [this.#hint, this.#error, this.#conflict];
    if (schema.type === "boolean") {
      const line = make("div", { class: "check" }, this.#control.element, label);
      return make("div", { class: "field whole" }, line, ...below);
    }
    return make("div", { class: "field" }, label, this.#control.element, ...below);
  }

  #edited() {
    this.complain("");
    if (!this.isDirty) this.settle();
    this.dispatchEvent(new Event("edit"));
  }

  #fix() {
    this.#control.fix();
    say(this.#hint, FIXED);
  }

  #showConflict() {
    const theirs = textOf(this.place.schema, this.#stored);
    this.#conflict.replaceChildren(
      make("p", {}, "Changed elsewhere meanwhile: ", make("strong", {}, theirs)),
      this.#choice("Take that", () => this.discard()),
      this.#choice("Keep mine", () => this.settle()),
    );
    this.#conflict.hidden = false;
  }

  #choice(title, choose) {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => {
      choose();
      this.focus();
      this.dispatchEvent(new Event("edit"));
    });
    return button;
  }
}
