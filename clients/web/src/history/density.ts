// Where entries lie on the time line, and how many of each Bureau in each stretch of it. Positions are
// fractions from 0 to 1; by the clock or entry by entry.

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

/** The way from entries to places and back; the dots are in the order of their numbers. */
export class Line {
  readonly #dots: readonly Dot[];
  readonly #scale: Scale;
  readonly #first: number;
  readonly #span: number;

  constructor(dots: readonly Dot[], scale: Scale) {
    this.#dots = dots;
    const times = dots.map((dot) => Date.parse(dot.at));
    this.#first = times[0] ?? 0;
    this.#span = (times.at(-1) ?? 0) - this.#first;
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
    return (Date.parse(dot.at) - this.#first) / this.#span;
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
      if (this.#scale === "entries") {
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
