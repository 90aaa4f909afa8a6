/**
 * Pairs of loads and stores with reservation (Power ISA, Book II, Load and Reserve and Store Conditional Instructions), as they stand
 * in the words of a block.
 */

const PRIMARY = 31;
/** Bytes of each extended opcode. */
const loads: ReadonlyMap<number, number> = new Map([[52, 1], [116, 2], [20, 4], [84, 8], [276, 16]]);
const stores: ReadonlyMap<number, number> = new Map([[694, 1], [726, 2], [150, 4], [214, 8], [182, 16]]);
const RA_RB = 0x001f_f800;
const LAST_OF_RS = 1 << 21;

interface Access {
  readonly word: number;
  readonly bytes: number;
}

const extended = (word: number): number => (word >>> 26 === PRIMARY ? (word >>> 1) & 0x3ff : -1);

const storeOf = (word: number): number | undefined => (word & 1 ? stores.get(extended(word)) : undefined);

/** The load whose reservation is left behind `words`. */
function reservation(words: Iterable<number>): Access | undefined {
  let left: Access | undefined;
  for (const word of words) {
    const bytes = loads.get(extended(word));
    if (bytes !== undefined) left = { word, bytes };
    else if (storeOf(word) !== undefined) left = undefined;
  }
  return left;
}

/** A store conditional behind `words` becomes one of the size and the address of the reservation; any other word stays. */
export function paired(words: Iterable<number>, word: number): number {
  const reserved = reservation(words);
  if (!reserved || storeOf(word) === undefined) return word;
  const XO = [...stores].find(([, bytes]) => bytes === reserved.bytes)![0];
  const RS = (word & 0x03e0_0000 & (reserved.bytes === 16 ? ~LAST_OF_RS : -1)) >>> 0;
  return ((PRIMARY << 26) | RS | (reserved.word & RA_RB) | (XO << 1) | 1) >>> 0;
}

/** Of the last word, a store conditional behind a reservation: whether their sizes agree. Undefined of anything else. */
export function matched(words: Uint32Array): boolean | undefined {
  const bytes = storeOf(words.at(-1)!);
  const reserved = reservation(words.subarray(0, -1));
  return bytes === undefined || !reserved ? undefined : reserved.bytes === bytes;
}
