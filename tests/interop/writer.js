// A replica that writes all that the library lets it: words, marks, values, empty changes, edits of the past.

import { next as A } from "@automerge/automerge"
import { put } from "./plan.js"

const WORDS = ["a", "bé", "word ", "😀", "two words ", "العربية", "👩‍👩‍👧", "é "]
const EXPAND = ["none", "before", "after", "both"]

/** Numbers that follow from a seed. */
function randomOf(seed) {
  let state = seed >>> 0
  const below = n => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  return { below, pick: list => list[below(list.length)] }
}

/** A place in a text, not within a character. */
function placeIn(text, random) {
  const letters = [...text]
  return letters.slice(0, random.below(letters.length + 1)).join("").length
}

/** A replica that writes, and how often it did what. */
export class Writer {
  constructor(handle, targets, seed) {
    Object.assign(this, { handle, targets, random: randomOf(seed), heads: [handle.heads()], past: [], counts: {} })
  }

  /** Makes one change. */
  write() {
    const kinds = ["splice", "splice", "splice", "rewrite", "mark", "unmark", "undo", "value", "move", "empty", "at"]
    const kind = this.random.pick(kinds)
    const before = this.handle.heads()
    this[kind]()
    if (before.join() === this.handle.heads().join()) return 0
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
    this.heads = [...this.heads.slice(-15), this.handle.heads()]
    return 1
  }

  /** Where somebody writes, and what stands there. */
  text(doc = this.handle.doc()) {
    const id = this.random.pick(this.targets)
    const field = doc.elements[id].text.en.statement === undefined ? "title" : "statement"
    return { path: ["elements", id, "text", "en", field], text: doc.elements[id].text.en[field] }
  }

  spliced(doc) {
    const { path, text } = this.text(doc)
    const at = placeIn(text, this.random)
    const gone = text.length > 300 ? text.length - at : 0
    A.splice(doc, path, at, gone, this.random.pick(WORDS))
  }

  splice() {
    const { path, text } = this.text()
    this.past.push({ path, text })
    const at = placeIn(text, this.random)
    const gone = [...text.slice(at)].slice(0, this.random.below(text.length > 300 ? 80 : 4)).join("")
    this.handle.change(doc => A.splice(doc, path, at, gone.length, this.random.pick(WORDS)))
  }

  rewrite() {
    const { path, text } = this.text()
    const words = text.split(" ").filter(() => this.random.below(10) > 0)
    this.handle.change(doc => A.updateText(doc, path, `${words.join(" ")} ${this.random.pick(WORDS)}`.trim()))
  }

  range(text) {
    const places = [placeIn(text, this.random), placeIn(text, this.random)].sort((a, b) => a - b)
    return { start: places[0], end: places[1], expand: this.random.pick(EXPAND) }
  }

  mark() {
    const { path, text } = this.text()
    const range = this.range(text)
    if (range.start === range.end) return
    this.handle.change(doc => {
      A.mark(doc, path, range, this.random.pick(["bold", "italic"]), true)
      // What was marked goes with the same change.
      if (this.random.below(5) === 0) A.splice(doc, path, range.start, range.end - range.start, "")
    })
  }

  unmark() {
    const { path, text } = this.text()
    const range = this.range(text)
    if (range.start < range.end) this.handle.change(doc => A.unmark(doc, path, range, "bold"))
  }

  /** A text becomes what it was when this replica wrote in it. */
  undo() {
    const step = this.past.pop()
    if (step) this.handle.change(doc => A.updateText(doc, step.path, step.text))
  }

  value() {
    put(this.handle, this.random.pick(this.targets), "due_year", 2024 + this.random.below(9))
  }

  move() {
    put(this.handle, this.random.pick(this.targets), "order", this.random.pick(["A", "H", "V", "k", "zV"]))
  }

  empty() {
    this.handle.update(doc => A.emptyChange(doc))
  }

  /**
   * An edit at heads of before: the library gives it an actor of its own.  Past an empty change of the same
   * actor it makes what it does not take itself, so such a one is not gone back over.
   */
  at() {
    const last = A.getLastLocalChange(this.handle.doc())
    if (last && A.decodeChange(last).ops.length === 0) return
    this.handle.changeAt(this.random.pick(this.heads), doc => this.spliced(doc))
  }
}
