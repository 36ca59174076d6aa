// What a replica needs of the world, and the names it makes from it: of elements, links, changes and actors.

/** What comes from outside. */
export interface Outside {
  /** Random bytes. */
  entropy(bytes: number): Uint8Array<ArrayBuffer>;
  /** Seconds since 1970. */
  now_s(): number;
}

const ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";
const ID_LENGTH = 8;
const ACTOR_BYTES = 16;
/** The largest multiple of the number of letters: what is left of the range would make the first ones likelier. */
const EVEN_BELOW = 256 - (256 % ID_LETTERS.length);

/** An id that nobody else makes. */
export function idFrom({ entropy }: Outside, prefix: string, length = ID_LENGTH): string {
  let text = "";
  while (text.length < length) {
    for (const byte of entropy(length)) {
      if (byte < EVEN_BELOW && text.length < length) text += ID_LETTERS[byte % ID_LETTERS.length];
    }
  }
  return `${prefix}-${text}`;
}

/** The id of an actor, hexadecimal. */
export function actorFrom({ entropy }: Outside): string {
  return Array.from(entropy(ACTOR_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
