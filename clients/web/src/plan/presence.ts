// Who is where in a plan, and where one is oneself: said again after every connection, since the server forgets.

import type { ClientMessage, Person, ServerMessage, Whereabouts } from "../wire/messages";

export class Presence {
  #session = "";
  #own: Whereabouts | undefined;
  readonly #seen = new Map<string, Person>();

  constructor(
    readonly plan: string,
    readonly send: (message: ClientMessage) => void,
  ) {}

  /** Everybody else who is somewhere. */
  get people(): Person[] {
    return [...this.#seen.values()];
  }

  /** One is somewhere, or nowhere. */
  say(state: Whereabouts | undefined, isLive: boolean): void {
    this.#own = state;
    if (isLive) this.#tell();
  }

  /** Whether `people` may be others after a message. */
  hear(message: ServerMessage): boolean {
    if (message.type === "welcome") this.#session = message.session;
    if (message.type === "subscribed" && message.plan === this.plan && this.#own) this.#tell();
    if (message.type !== "presence" || message.plan !== this.plan) return false;
    if (message.whole) this.#seen.clear();
    for (const person of message.people) {
      if (person.state && person.session !== this.#session) this.#seen.set(person.session, person);
      else this.#seen.delete(person.session);
    }
    return true;
  }

  /** Nobody is seen while there is no connection. */
  lose(): void {
    this.#seen.clear();
  }

  #tell(): void {
    const state = this.#own;
    this.send({ type: "presence", plan: this.plan, ...(state ? { state } : {}) });
  }
}
