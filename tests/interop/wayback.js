// The way back of a replica whose change was refused: `wayBack` stands in README, `wayback.test.js` runs it.

import { next as A } from "@automerge/automerge"

export async function wayBack({ repo, handle, open, refusals }) {
  const old = handle.doc()
  await repo.shutdown()
  const next = await open() // a Repo with a new peer id, a new ticket and a new, empty storage
  const fresh = await next.find(handle.url)
  // What only stands on a refused change is honest, until the gate has seen it on its own.
  const refused = (await refusals()).filter(entry => entry.code !== "depends_on_refused")
  const left = bringBack(old, fresh, new Set(refused.map(entry => entry.change)))
  await next.flush()
  repo.delete(handle.url)
  return { repo: next, handle: fresh, left }
}

/**
 * Makes the changes that only `old` has anew in `fresh`: the same operations, at the same places, under actors
 * of their own.  Left out and given back is what the refused ones (their hashes) wrote, and what was written
 * into it, or in the same texts and fields after it.
 */
export function bringBack(old, fresh, refused) {
  const both = A.merge(A.clone(fresh.doc()), old)
  const [actors, ids, anew, lost] = [new Map(), new Map(), new Map(), new Set()]
  const [made, left] = [[], []]
  const id = at => ids.get(at) ?? at
  for (const bytes of A.getChangesSince(both, A.getHeads(fresh.doc()))) {
    const { hash, ...change } = A.decodeChange(bytes)
    const deps = [...new Set(change.deps.flatMap(dep => anew.get(dep) ?? [dep]))].sort()
    const own = change.ops.map((_, at) => `${change.startOp + at}@${change.actor}`)
    const isLeft = refused.has(hash) || change.ops.some(op => touched(op).some(at => lost.has(at)))
    if (isLeft) {
      for (const at of [...own, ...change.ops.map(place)]) lost.add(at)
      left.push(...A.diff(both, change.deps, [hash]))
    }
    if (isLeft || own.length === 0) {
      anew.set(hash, deps)
      continue
    }
    // A name beside the old one: what was written at once keeps its order.
    const name = change.actor.slice(0, -8) + A.getActorId(A.init()).slice(-8)
    const actor = actors.get(change.actor) ?? { name, seq: 0 }
    actors.set(change.actor, actor)
    for (const at of own) ids.set(at, at.replace(/@.*/, `@${actor.name}`))
    const ops = change.ops.map(op => {
      const [obj, pred] = [id(op.obj), op.pred.map(id)]
      return { ...op, obj, pred, ...(op.elemId && { elemId: id(op.elemId) }) }
    })
    made.push(A.encodeChange({ ...change, actor: actor.name, seq: ++actor.seq, deps, ops }))
    anew.set(hash, [A.decodeChange(made.at(-1)).hash])
  }
  fresh.update(doc => A.applyChanges(doc, made)[0])
  return left
}

/** The text, or the field, that an operation writes in. */
const place = op => `${op.obj}/${op.key ?? ""}`
/** All that an operation needs to be there, and its place. */
const touched = op => [op.obj, op.elemId, ...op.pred, place(op)]
