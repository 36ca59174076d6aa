// Where entries lie on the time line, and how many of each Bureau in each stretch of it. Positions are
// fractions from 0 to 1; by the clock, by the clock without idle times, or entry by entry.

import { BUREAUX, type Bureau } from "./types";
import type { Scale } from "./filters";

/** An entry as the time line needs it. */
export interface Dot {
  readonly seq: number;
  readonly at: string;
  readonly bureau: Bureau;
}

/** A stretch of the time line. */
export interface Bin {
  /** Where it begins and ends, as fractions. */
  readonly start: number;
  readonly end: number;
  /** When it begins, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly counts: Readonly<Record<Bureau, number>>;
  readonly total: number;
}

/** A time in which nothing happened, of which the line shows only a little. */
export interface Idle {
  /** Where its middle lies, as a fraction. */
  readonly at: number;
  readonly ms: number;
}

/** A longer time without an entry is idle, and takes so much of the line. */
export const IDLE_MS = 15 * 60_000;

/** The way from entries to places and back; the dots are in the order of their numbers. */
export class Line {
  readonly #dots: readonly Dot[];
  readonly #scale: Scale;
  readonly #first: number;
  readonly #span: number;
  /** When each entry was, as far as the line spreads it. */
  readonly #times: readonly number[];
  readonly #idle: { after: number; ms: number }[] = [];

  constructor(dots: readonly Dot[], scale: Scale) {
    this.#dots = dots;
    let skipped = 0;
    let before = Number.NaN;
    this.#times = dots.map((dot, index) => {
      const at = Date.parse(dot.at);
      const gap = at - before;
      before = at;
      if (scale === "active" && gap > IDLE_MS) {
        skipped += gap - IDLE_MS;
        this.#idle.push({ after: index - 1, ms: gap });
      }
      return at - skipped;
    });
    this.#first = this.#times[0] ?? 0;
    this.#span = (this.#times.at(-1) ?? 0) - this.#first;
    // Where all happened in one moment the clock spreads nothing.
    this.#scale = this.#span > 0 ? scale : "entries";
  }

  get scale(): Scale {
    return this.#scale;
  }

  /** Where the entry with this place in the list lies. */
  position(index: number): number {
    const dot = this.#dots[index];
    if (!dot || this.#dots.length === 1) return 0.5;
    if (this.#scale === "entries") return index / (this.#dots.length - 1);
    return (this.#times[index]! - this.#first) / this.#span;
  }

  /** Times in which nothing happened, where they are left out. */
  get idle(): Idle[] {
    if (this.#scale !== "active") return [];
    return this.#idle.map(({ after, ms }) => ({ at: (this.position(after) + this.position(after + 1)) / 2, ms }));
  }

  /** Where an entry that need not be in the list lies: beside the last one before it. */
  positionOf(seq: number): number {
    return this.position(Math.max(0, this.#lastUpTo((dot) => dot.seq <= seq)));
  }

  /** The entry, as its place in the list, that lies nearest to a place of the line. */
  nearest(position: number): number {
    if (this.#dots.length === 0) return -1;
    let [low, high] = [0, this.#dots.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.position(middle) < position) low = middle + 1;
      else high = middle;
    }
    const before = Math.max(0, low - 1);
    return position - this.position(before) < this.position(low) - position ? before : low;
  }

  /** The line in equal stretches, each with its entries by Bureau. */
  bins(count: number): Bin[] {
    const bins = Array.from({ length: count }, (_, at) => this.#emptyBin(at, count));
    this.#dots.forEach((dot, index) => {
      const bin = bins[Math.min(count - 1, Math.floor(this.position(index) * count))];
      if (!bin) return;
      bin.counts[dot.bureau] += 1;
      bin.total += 1;
      if (this.#scale !== "time") {
        const at = Date.parse(dot.at);
        bin.from = Math.min(bin.from, at);
        bin.to = Math.max(bin.to, at);
      }
    });
    return bins;
  }

  #emptyBin(at: number, count: number) {
    const counts = Object.fromEntries(BUREAUX.map((bureau) => [bureau, 0])) as Record<Bureau, number>;
    const time = (fraction: number) => this.#first + fraction * this.#span;
    const isTimed = this.#scale === "time";
    return {
      start: at / count,
      end: (at + 1) / count,
      from: isTimed ? time(at / count) : Infinity,
      to: isTimed ? time((at + 1) / count) : -Infinity,
      counts,
      total: 0,
    };
  }

  #lastUpTo(holds: (dot: Dot) => boolean): number {
    return this.#dots.findLastIndex(holds);
  }
}
