// A socket of `/live`: a ticket, a connection, signs of life, and another try a while later when it ends.

import type { Api } from "../api/client";
import { content } from "../api/client";
import { ApiProblem } from "../api/problem";
import { type ClientMessage, SUBPROTOCOL, type ServerMessage, read, write } from "../wire/messages";

/** Whoever listens. */
export interface Listener {
  opened(): void;
  said(message: ServerMessage): void;
  closed(): void;
  /** The token counts no longer, or the plan is not theirs: trying again is of no use. */
  denied(problem: ApiProblem): void;
}

const WAIT_MIN_MS = 500;
const WAIT_MAX_MS = 15_000;
/** A connection that lasted this long was a good one: the next try after it need not wait long. */
const GOOD_AFTER_MS = 10_000;
/** A quiet socket is asked for a sign of life this often, and is over when none comes until the next time. */
const ASK_EVERY_MS = 20_000;

export class Connection {
  #socket: WebSocket | null = null;
  #wait_ms = WAIT_MIN_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: ReturnType<typeof setInterval> | undefined;
  #lasting: ReturnType<typeof setTimeout> | undefined;
  #heard = true;
  #isOver = false;
  /** Which try counts: an earlier one that is still under way comes to nothing. */
  #tries = 0;

  constructor(
    readonly api: Api,
    readonly listener: Listener,
  ) {
    addEventListener("online", this.#now);
    addEventListener("offline", this.#cut);
    void this.#open();
  }

  /** Sends a message; one that finds no socket is sent by whoever keeps it, with the next. */
  send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(write(message) as Uint8Array<ArrayBuffer>);
  }

  /** Begins anew with another socket, after a moment; whatever this one still says is not heard. */
  again(): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.#closed(socket);
  }

  /** Ends for good. */
  end(): void {
    this.#isOver = true;
    removeEventListener("online", this.#now);
    removeEventListener("offline", this.#cut);
    clearTimeout(this.#timer);
    clearInterval(this.#asking);
    clearTimeout(this.#lasting);
    this.#socket?.close();
    this.#socket = null;
  }

  #now = (): void => {
    this.#wait_ms = WAIT_MIN_MS;
    if (this.#socket === null) this.#later(0);
  };

  #cut = (): void => {
    this.again();
  };

  async #open(): Promise<void> {
    if (this.#isOver) return;
    const attempt = ++this.#tries;
    let ticket: string;
    try {
      ({ ticket } = await content(this.api.POST("/api/v1/tickets", { body: {} })));
    } catch (error) {
      if (attempt !== this.#tries) return;
      if (error instanceof ApiProblem && (error.status === 401 || error.status === 403)) this.listener.denied(error);
      else this.#later(this.#pause());
      return;
    }
    if (this.#isOver || attempt !== this.#tries) return;
    const address = new URL(`/live?ticket=${encodeURIComponent(ticket)}`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      this.#heard = true;
      this.listener.said(read(new Uint8Array(event.data)));
    };
    socket.onclose = () => this.#closed(socket);
  }

  #opened(): void {
    this.#lasting = setTimeout(() => {
      this.#wait_ms = WAIT_MIN_MS;
    }, GOOD_AFTER_MS);
    this.#heard = true;
    this.#asking = setInterval(() => {
      if (!this.#heard) {
        this.again();
        return;
      }
      this.#heard = false;
      this.send({ type: "ping", nonce: 0 });
    }, ASK_EVERY_MS);
    this.listener.opened();
  }

  #closed(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    clearInterval(this.#asking);
    clearTimeout(this.#lasting);
    this.#socket = null;
    this.listener.closed();
    if (!this.#isOver) this.#later(this.#pause());
  }

  #pause(): number {
    const pause = this.#wait_ms * (0.5 + Math.random() / 2);
    this.#wait_ms = Math.min(WAIT_MAX_MS, this.#wait_ms * 2);
    return pause;
  }

  #later(wait_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#open(), wait_ms);
  }
}
