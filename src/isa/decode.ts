/**
 * From a list of instruction descriptions to a decoder. Overlapping patterns are an error unless one is declared to
 * override the other.
 */
import { alwaysValid, type Insn, type RawFields, reader } from './insn.ts';

export interface Decoder {
  readonly insns: readonly Insn[];
  /** The description that `word` is an instance of, or undefined where it is unallocated. `modeKey`: where that makes a difference. */
  decode(word: number, modeKey?: number): Insn | undefined;
  /** Its place in `insns`, or -1. */
  find(word: number, modeKey?: number): number;
}

export interface DecoderOptions {
  /** Whether a feature is there; all are by default. Entries of a missing one are left out, so that what they override shows. */
  readonly features?: (name: string) => boolean;
}

/** Two patterns with words in common, neither of which overrides the other. */
export class OverlapError extends Error {
  override readonly name = 'OverlapError';
  readonly #pairs: readonly (readonly [Insn, Insn])[];

  constructor(pairs: readonly (readonly [Insn, Insn])[]) {
    super(pairs.map(([a, b]) => `'${a.name}' and '${b.name}' both match ${common(a, b)}, and neither overrides the other`).join('\n'));
    this.#pairs = pairs;
  }

  get pairs(): readonly (readonly [Insn, Insn])[] {
    return this.#pairs;
  }
}

/** A word that matches both. */
const common = (a: Insn, b: Insn): string => `0x${((a.value | b.value) >>> 0).toString(16).padStart(8, '0')}`;

interface Entry {
  readonly insn: Insn;
  readonly place: number;
  readonly mask: number;
  readonly value: number;
  /** Undefined where every word that matches is valid. */
  readonly fields: ((word: number) => RawFields) | undefined;
}

const INDEX_BITS = 12;

/** Throws an OverlapError where two of `insns` overlap, an Error where two have the same name. */
export function decoder(insns: readonly Insn[], options: DecoderOptions = {}): Decoder {
  refuseDuplicates(insns);
  refuseOverlaps(insns);
  const { features = () => true } = options;
  const places = new Map(insns.map((i, place) => [i, place]));
  const entries: Entry[] = overridersFirst(insns.filter(i => [i.feature ?? []].flat().every(features)))
    .map(i => ({ insn: i, place: places.get(i)!, mask: i.mask | 0, value: i.value | 0, fields: alwaysValid(i) ? undefined : reader(i) }));
  const telling = tellingBits(insns);
  const tellingMask = telling.reduce((mask, bit) => mask | (1 << bit), 0);
  const [lowest, low, high, highest] = indexTables(telling) as [Uint16Array, Uint16Array, Uint16Array, Uint16Array];
  const buckets: (readonly Entry[] | undefined)[] = Array.from({ length: 1 << INDEX_BITS });

  const find = (word: number): number => {
    const index = (lowest[word & 255] as number) | (low[(word >>> 8) & 255] as number)
      | (high[(word >>> 16) & 255] as number) | (highest[word >>> 24] as number);
    const bucket = buckets[index] ?? (buckets[index] = fill(entries, tellingMask, word));
    for (const e of bucket) {
      if ((word & e.mask) === e.value) return e.fields === undefined || e.insn.valid(e.fields(word)) ? e.place : -1;
    }
    return -1;
  };
  const decode = (word: number): Insn | undefined => {
    const place = find(word);
    return place < 0 ? undefined : insns[place];
  };
  return { insns, decode, find };
}

/** Several instruction sets as one: `which` says whose a mode is. Each set's decoder is made when it is first asked. */
export function byMode(which: (modeKey: number) => number, sets: readonly (readonly Insn[])[], options: DecoderOptions = {}): Decoder {
  const insns = sets.flat();
  const starts = sets.map((_, n) => sets.slice(0, n).reduce((sum, { length }) => sum + length, 0));
  const made: (Decoder | undefined)[] = [];
  const find = (word: number, modeKey = 0): number => {
    const n = which(modeKey);
    const place = (made[n] ??= decoder(sets[n]!, options)).find(word);
    return place < 0 ? -1 : starts[n]! + place;
  };
  const decode = (word: number, modeKey?: number): Insn | undefined => {
    const place = find(word, modeKey);
    return place < 0 ? undefined : insns[place];
  };
  return { insns, decode, find };
}

/** The entries that a word with the same telling bits as `word` can match. */
function fill(entries: readonly Entry[], tellingMask: number, word: number): readonly Entry[] {
  return entries.filter(e => ((word ^ e.value) & e.mask & tellingMask) === 0);
}

/** The bits that most patterns fix. */
function tellingBits(insns: readonly Insn[]): readonly number[] {
  const fixedIn = (bit: number) => insns.reduce((n, i) => n + ((i.mask >>> bit) & 1), 0);
  const counts = Array.from({ length: 32 }, (_, bit) => ({ bit, count: fixedIn(bit) }));
  return counts.sort((a, b) => b.count - a.count || b.bit - a.bit).slice(0, INDEX_BITS).map(c => c.bit);
}

/** For each byte of a word a table of what it adds to the index, so that gathering scattered bits costs four loads. */
function indexTables(telling: readonly number[]): readonly Uint16Array[] {
  return [0, 8, 16, 24].map(shift => Uint16Array.from({ length: 256 }, (_, byte) =>
    telling.reduce((index, bit, i) => (bit >= shift && bit < shift + 8 && (byte >>> (bit - shift)) & 1 ? index | (1 << i) : index), 0)));
}

function overridersFirst(insns: readonly Insn[]): readonly Insn[] {
  const byName = new Map(insns.map(i => [i.name, i]));
  const placed = new Set<Insn>();
  const result: Insn[] = [];
  const overridersOf = new Map<Insn, Insn[]>();
  for (const i of insns) {
    for (const name of i.overrides) {
      const general = byName.get(name);
      if (general) overridersOf.set(general, [...(overridersOf.get(general) ?? []), i]);
    }
  }
  const place = (i: Insn): void => {
    if (placed.has(i)) return;
    placed.add(i);
    for (const o of overridersOf.get(i) ?? []) place(o);
    result.push(i);
  };
  for (const i of insns) place(i);
  return result;
}

function refuseDuplicates(insns: readonly Insn[]): void {
  const names = new Set<string>();
  for (const { name } of insns) {
    if (names.has(name)) throw new Error(`two instructions are named '${name}'`);
    names.add(name);
  }
}

function refuseOverlaps(insns: readonly Insn[]): void {
  const pairs: [Insn, Insn][] = [];
  insns.forEach((a, k) => {
    for (const b of insns.slice(k + 1)) {
      if ((a.mask & b.mask & (a.value ^ b.value)) !== 0) continue;
      if (!a.overrides.includes(b.name) && !b.overrides.includes(a.name)) pairs.push([a, b]);
    }
  });
  if (pairs.length > 0) throw new OverlapError(pairs);
}
