// What is said of an element of the results chain: who it is, whose, what it rests on and leads to, what is missing
// and what rules find.

import type { Gap, Node } from "../../chain/graph";
import { type Finding, findingLine } from "../../plan/findings";
import { showNumber, t } from "../../strings";
import { nameOf, titleOf } from "../write/names";
import type { ChainView } from "./view.svelte";

/** What an element is called here. */
export function calledOf({ store }: ChainView, { kind, element }: Node): string {
  return t.chain.node(titleOf(kind), element.code ?? "", nameOf(store.plan!, element) || t.writing.untitled);
}

/** Elements right before and right after one. */
export function neighbours({ chain }: ChainView, { id }: Node): { before: Node[]; after: Node[] } {
  const ends = (ids: string[]) => [...new Set(ids)].map((one) => chain.nodes.get(one)!);
  return {
    before: ends((chain.into.get(id) ?? []).map(({ from }) => from)),
    after: ends((chain.out.get(id) ?? []).map(({ to }) => to)),
  };
}

export function gapWords(gaps: readonly Gap[]): string[] {
  return gaps.map((gap) => t.chain.gap[gap]);
}

export function findingWords(findings: readonly Finding[]): string[] {
  return findings.map(findingLine);
}

/** All of it in one line, for those who listen. */
export function aboutOf(view: ChainView, node: Node): string {
  const { before, after } = neighbours(view, node);
  const told = [
    // As it is written on it, so that what is said and what is seen are the same.
    [calledOf(view, node), ...node.bureaux].join(", "),
    before.length > 0 ? t.chain.before(showNumber(before.length), before.length === 1) : "",
    after.length > 0 ? t.chain.after(showNumber(after.length), after.length === 1) : "",
    ...gapWords(node.gaps),
    ...findingWords(view.findings.of.get(node.id) ?? []),
  ];
  return told.filter(Boolean).join("; ");
}
