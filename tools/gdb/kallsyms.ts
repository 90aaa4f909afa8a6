/**
 * The symbols that an arm64 kernel's Image carries for its own messages, with addresses as without KASLR: what /proc/kallsyms shows,
 * read from the tables that scripts/kallsyms.c lays out (Linux 6.4 to 6.12).
 *
 * Names are sequences of tokens; the tables are found by the tokens of the digits, which stand one behind the other.
 */

export interface KernelSymbol {
  readonly address: bigint;
  /** As nm has it: T, t, D, … */
  readonly kind: string;
  readonly name: string;
}

const TOKENS = 256;
const GROUP = 256;
const ZERO = '0'.charCodeAt(0);
const DIGITS = Uint8Array.from([...'0123456789'].flatMap(c => [c.charCodeAt(0), 0]));
/** What offsets count from is filled in when the kernel starts: _stext, its first symbol, without KASLR and with 48 bits of virtual addresses. */
const BASE = 0xffff_8000_8001_0000n;
const align8 = (n: number): number => (n + 7) & ~7;

/** Throws where the tables aren't found. */
export function readKallsyms(image: Uint8Array): KernelSymbol[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const { table, index } = findTokens(image, view);
  const tokenAt = (n: number): number => view.getUint16(index + 2 * n, true);
  const tokens = Array.from({ length: TOKENS }, (_, n) => cString(image, table + tokenAt(n)));
  const markers = firstMarker(view, table);
  const offsets = index + 2 * TOKENS;
  const start = countBefore(view, markers, Math.floor((table - markers) / 4));
  const count = view.getUint32(start, true);
  const symbols: KernelSymbol[] = [];
  for (let n = 0, at = start + 8; n < count; n++) {
    let length = image[at++]!;
    if (length & 0x80) length = (length & 0x7f) | image[at++]! << 7;
    const text = [...image.subarray(at, at += length)].map(token => tokens[token]).join('');
    symbols.push({ address: BASE + BigInt(view.getUint32(offsets + 4 * n, true)), kind: text[0]!, name: text.slice(1) });
  }
  return symbols;
}

/** The table of tokens, and the places in it that follow it. Other tables of characters look alike, but no such places follow them. */
function findTokens(image: Uint8Array, view: DataView): { table: number; index: number } {
  for (let at = image.indexOf(ZERO); at >= 0; at = image.indexOf(ZERO, at + 1)) {
    if (!DIGITS.every((byte, i) => image[at + i] === byte)) continue;
    const index = align8(skipStrings(image, at, TOKENS - ZERO));
    const table = at - view.getUint16(index + 2 * ZERO, true);
    if (view.getUint16(index, true) === 0 && skipStrings(image, table, ZERO) === at) return { table, index };
  }
  throw new Error('the kernel has no table of symbols');
}

function skipStrings(image: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let n = 0; n < count; n++) at = image.indexOf(0, at) + 1;
  return at;
}

const cString = (image: Uint8Array, at: number): string => String.fromCharCode(...image.subarray(at, image.indexOf(0, at)));

/** The array of where each group of names begins ends at the tokens; its first is 0, the others rise. */
function firstMarker(view: DataView, table: number): number {
  let at = table - 4;
  // Alignment leaves a word of nothing behind an odd number of them.
  if (view.getUint32(at, true) === 0) at -= 4;
  while (view.getUint32(at, true) !== 0) at -= 4;
  return at;
}

/** Where the number of symbols stands, before their names: one that needs so many markers. */
function countBefore(view: DataView, markers: number, groups: number): number {
  for (let at = markers - 8; at >= 0; at -= 8) {
    const count = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) === 0 && count > (groups - 1) * GROUP && count <= groups * GROUP) return at;
  }
  throw new Error('the table of symbols has no count');
}
