// What the screen Write is about at a moment: the element on it, what is asked before it, which drawer is open;
// and the ways from one element to another.

import { tick } from "svelte";

import { Findings } from "../../plan/findings.svelte";
import type { PlanStore } from "../../plan/store.svelte";
import { forbidden } from "../../plan/rights";
import type { Element, Plan } from "../../plan/view";
import { router } from "../../routing/router.svelte";
import { linkTo } from "../../routing/routes";
import { Authors } from "./authors.svelte";
import { focusElement } from "./focus";
import { former } from "./former.svelte";
import { reveal } from "./outline";
import type { Making, Place } from "./places";

/** What stands before the screen. */
export type Asked = { is: "find" } | { is: "add" } | { is: "move" } | { is: "link" } | { is: "answers" } | { is: "keys" } | { is: "export" } | { is: "import" } | { is: "stage" };

export class Screen {
  asked: Asked | null = $state(null);
  drawer: "outline" | "side" | null = $state(null);
  /** Rows of the outline that somebody turned. */
  turned: ReadonlySet<string> = $state.raw(new Set());
  /** The element that was made here a moment ago: its first text takes the focus. */
  made: string | null = $state(null);
  /** Whether words are sought in all texts, and which were last. */
  isSeeking = $state(false);
  sought = "";
  /** The language in which an element is read, where it is not the plan's own. */
  reading: { element: string; lang: string } | null = $state.raw(null);
  /** What is to be said to those who listen. */
  said = $state("");
  readonly authors: Authors;
  readonly findings: Findings;

  constructor(
    readonly store: PlanStore,
    /** The element that the address names, or the plan. */
    readonly current: () => string,
  ) {
    this.authors = new Authors(store);
    this.findings = new Findings(store);
  }

  /** Asks the server for what stands beside the plan. */
  load(): void {
    void this.authors.load();
    const { predecessor } = this.plan.fields;
    if (typeof predecessor === "string") void former.load(this.store.api, predecessor);
  }

  end(): void {
    this.authors.end();
    this.findings.end();
  }

  get plan(): Plan {
    return this.store.plan!;
  }

  /** The element on the screen; `null` for the plan itself, or one that is not there. */
  get element(): Element | null {
    return this.plan.byId.get(this.current()) ?? null;
  }

  /** Why one may not write an element; `null` when one may. */
  forbidden(id: string): string | null {
    const { me, stage, kinds } = this.store;
    if (!stage) return "";
    return forbidden(me, stage, this.plan, kinds, id, this.authors.of(id)?.subject ?? null);
  }

  /** Why one may not write anything at all here; `null` when one may write something. */
  get closed(): string | null {
    return this.store.forbiddenUnder("comment", null);
  }

  /** Shows an element; the focus goes to it where that is wanted. */
  async go(id: string, isFocused = false): Promise<void> {
    this.drawer = null;
    this.turned = reveal(this.plan, this.turned, id);
    router.go(linkTo(this.store.id, "write", id));
    if (!isFocused) return;
    // The address takes a turn of the browser to be read.
    await new Promise((resolve) => setTimeout(resolve));
    await tick();
    focusElement();
  }

  /** Seeks words in all texts: in Write, where each of them is shown. */
  seek(): void {
    const { route } = router;
    if (route.at === "plan" && route.section === "write") this.isSeeking = true;
    else router.go(linkTo(this.store.id, "write", this.element?.id ?? null, new URLSearchParams({ find: "" })));
  }

  ask(asked: Asked): void {
    this.drawer = null;
    this.asked = asked;
  }

  /** Makes an element and shows it. */
  add({ kind, parent, after }: Making): void {
    const made = this.store.add(kind.name, parent, after, "");
    if (!made) return;
    this.made = made;
    if (parent) this.turned = reveal(this.plan, this.turned, parent);
    // It is part of the view with the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => void this.go(made)));
  }

  move(element: Element, { parent, after }: Place): void {
    this.store.move(element.id, parent, after);
    requestAnimationFrame(() => requestAnimationFrame(() => (this.turned = reveal(this.plan, this.turned, element.id))));
  }
}
