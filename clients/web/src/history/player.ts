// Going through the past entry by entry: where one stands, whether it plays, how fast. A state and what
// leads from one to the next; the clock is whoever calls `tick`.

/** Entries a second. */
export const SPEEDS = [0.5, 1, 2, 5, 10] as const;
export type Speed = (typeof SPEEDS)[number];

export interface Player {
  /** Which of the entries, from 0; -1 when there are none. */
  readonly index: number;
  readonly count: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
}

export function startAt(index: number, count: number, speed: Speed = 1): Player {
  return { index: clamp(index, count), count, isPlaying: false, speed };
}

/** Another list of entries: one stands at its nearest, and does not play on. */
export function withCount(player: Player, index: number, count: number): Player {
  return { ...player, index: clamp(index, count), count, isPlaying: false };
}

/** Goes to an entry; whoever goes by hand stops what plays. */
export function goTo(player: Player, index: number): Player {
  return { ...player, index: clamp(index, player.count), isPlaying: false };
}

export function step(player: Player, by: number): Player {
  return goTo(player, player.index + by);
}

/** Plays or pauses; from the end it begins again. */
export function toggle(player: Player): Player {
  if (player.isPlaying) return { ...player, isPlaying: false };
  if (player.count < 2) return player;
  const isAtEnd = player.index >= player.count - 1;
  return { ...player, index: isAtEnd ? 0 : player.index, isPlaying: true };
}

/** The next entry of what plays; at the last one it stops. */
export function tick(player: Player): Player {
  if (!player.isPlaying) return player;
  const index = clamp(player.index + 1, player.count);
  return { ...player, index, isPlaying: index < player.count - 1 };
}

/** How long an entry stands, milliseconds. */
export function pauseMs(player: Player): number {
  return 1_000 / player.speed;
}

function clamp(index: number, count: number): number {
  return Math.min(Math.max(index, count === 0 ? -1 : 0), count - 1);
}
