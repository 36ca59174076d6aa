// The plan as a replica has it: what the tests read and write of it, and what they wait for.

import { isDeepStrictEqual } from "node:util"
import { next as A } from "@automerge/automerge"

const place = (id, field) => ["elements", id, "text", "en", field]

export const title = (handle, id) => handle.doc().elements[id].text.en.title

/** Splices the title of an element; `options` are those of the library's `change`. */
export const write = (handle, id, at, removed, text, options) =>
  handle.change(doc => A.splice(doc, place(id, "title"), at, removed, text), options)

/** Gives an element's scalar a value; texts among scalars are `ImmutableString`s. */
export const put = (handle, id, field, value, options) =>
  handle.change(doc => {
    doc.elements[id][field] = typeof value === "string" ? new A.ImmutableString(value) : value
  }, options)

/** A probe for `until`: whether all of these replicas have the same heads. */
export const same = handles => () => handles.every(handle => isDeepStrictEqual(handle.heads(), handles[0].heads()))

/** Lets some time pass in which nothing is to happen. */
export const quiet = ms => new Promise(resolve => setTimeout(resolve, ms))

/** What the tests write: an element that everybody may, and one of BR's and TSB's own. */
export async function elements(server) {
  const plan = await server.plan()
  const titled = plan.elements.filter(e => e.text?.en?.title)
  const of = owner => titled.find(e => e.owner === owner).id
  const shared = plan.elements.find(e => e.code === "2.7").id
  const targets = titled.filter(e => e.kind === "target" && !e.owner).map(e => e.id)
  return { plan, url: plan.document, shared, targets, ofBR: of("BR"), ofTSB: of("TSB") }
}
