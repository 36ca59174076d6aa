import { describe, expect, it } from "vitest";

import { type Dot, Line } from "./density";
import { goTo, pauseMs, startAt, step, tick, toggle, withCount } from "./player";

const dot = (seq: number, minute: number, bureau: Dot["bureau"] = "BR"): Dot => ({
  seq,
  bureau,
  at: new Date(Date.UTC(2026, 10, 26, 8, minute)).toISOString(),
});

describe("a time line", () => {
  const dots = [dot(1, 0, "GS"), dot(4, 1), dot(5, 2, "TSB"), dot(9, 50), dot(10, 60)];

  it("spreads entries by the clock, or each as wide as another", () => {
    const clock = new Line(dots, "time");
    expect([0, 1, 3, 4].map((index) => Math.round(clock.position(index) * 60))).toEqual([0, 1, 50, 60]);
    const even = new Line(dots, "entries");
    expect([0, 1, 2, 4].map((index) => even.position(index))).toEqual([0, 0.25, 0.5, 1]);
    expect(even.positionOf(7)).toBe(0.5);
    expect(even.positionOf(0)).toBe(0);
  });

  it("leaves out the times in which nothing happened, and says where they were", () => {
    const active = new Line(dots, "active");
    expect([0, 1, 2, 3, 4].map((index) => Math.round(active.position(index) * 27))).toEqual([0, 1, 2, 17, 27]);
    expect(active.idle).toEqual([{ at: 9.5 / 27, ms: 48 * 60_000 }]);
    expect(active.nearest(0.9)).toBe(4);
    expect(new Line(dots, "time").idle).toEqual([]);
    const filled = active.bins(27).filter((bin) => bin.total > 0);
    expect(filled.map((bin) => bin.from)).toEqual(dots.map((one) => Date.parse(one.at)));
  });

  it("finds the nearest entry of a place", () => {
    const clock = new Line(dots, "time");
    expect([-1, 0, 0.02, 0.4, 0.6, 0.9, 2].map((place) => clock.nearest(place))).toEqual([0, 0, 1, 2, 3, 3, 4]);
    expect(new Line([], "time").nearest(0.5)).toBe(-1);
  });

  it("counts entries by Bureau, none twice and none lost", () => {
    for (const scale of ["active", "time", "entries"] as const) {
      const bins = new Line(dots, scale).bins(6);
      expect(bins.reduce((sum, bin) => sum + bin.total, 0)).toBe(dots.length);
      expect(bins.reduce((sum, bin) => sum + bin.counts.BR, 0)).toBe(3);
    }
    const [first] = new Line(dots, "time").bins(6);
    expect(first).toMatchObject({ total: 3, counts: { BR: 1, TSB: 1, BDT: 0, GS: 1 } });
  });

  it("is even where all happened in one moment, and stands for one entry or none", () => {
    expect(new Line([dot(1, 0), dot(2, 0)], "time").scale).toBe("entries");
    expect(new Line([dot(1, 0)], "time").position(0)).toBe(0.5);
    expect(new Line([], "entries").bins(3)).toHaveLength(3);
  });
});

describe("a player", () => {
  it("steps within its entries, and stops what plays", () => {
    const player = toggle(startAt(1, 3));
    expect(player.isPlaying).toBe(true);
    expect(step(player, 1)).toMatchObject({ index: 2, isPlaying: false });
    expect(step(player, -9).index).toBe(0);
    expect(goTo(player, 99).index).toBe(2);
  });

  it("plays to the end, and from the end anew", () => {
    let player = toggle(startAt(2, 3));
    expect(player).toMatchObject({ index: 0, isPlaying: true });
    player = tick(player);
    expect(player).toMatchObject({ index: 1, isPlaying: true });
    player = tick(player);
    expect(player).toMatchObject({ index: 2, isPlaying: false });
    expect(tick(player)).toBe(player);
  });

  it("has nothing to play without entries", () => {
    expect(toggle(startAt(5, 0))).toMatchObject({ index: -1, isPlaying: false });
    expect(withCount(startAt(4, 5), 4, 2).index).toBe(1);
    expect(pauseMs({ ...startAt(0, 2), speed: 10 })).toBe(100);
  });
});
