/**
 * How an instruction is described, once: a pattern in the manual's bit order and a meaning over a Builder.
 * `name!w` is a mode field: a number, code may branch on it. `name:w` is an operand: opaque in `exec`.
 * The types of both come from the pattern string, so a wrong name or arithmetic on an operand does not compile.
 */
import type { Builder, I64, Operand } from './builder.ts';

type Token<P extends string> = P extends `${infer A} ${infer B}` ? Token<A> | Token<B> : P;
type ModeName<T extends string> = T extends `${infer N}!${number}` ? N : never;
type OperandName<T extends string> = T extends `${infer N}:${number}` ? N : never;

/** All fields as numbers: what `valid`, `derive` and `asm` see. */
export type Raw<P extends string> = { readonly [K in ModeName<Token<P>> | OperandName<Token<P>>]: number };
/** What `exec` sees: modes are numbers, operands and derived numbers are opaque, derived bigints are 64-bit constants. */
export type Staged<P extends string, D> =
  & { readonly [K in ModeName<Token<P>>]: number }
  & { readonly [K in OperandName<Token<P>>]: Operand }
  & { readonly [K in keyof D]: D[K] extends bigint ? I64 : Operand };

export interface FieldBits {
  readonly name: string;
  readonly lo: number;
  readonly width: number;
  readonly mode: boolean;
}

export type RawFields = Readonly<Record<string, number>>;

export interface Insn {
  readonly name: string;
  readonly pattern: string;
  /** A word matches where (word & mask) === value; both unsigned. */
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly FieldBits[];
  /** Architecture feature without which the encoding is unallocated, e.g. 'LSE'; or several, all of them needed. */
  readonly feature: string | readonly string[] | undefined;
  /** Names of more general entries whose patterns this one carves its encodings out of. */
  readonly overrides: readonly string[];
  /** Writes of guest state may precede an access that can fault: running it again from the start is harmless. */
  readonly restartable: boolean;
  /**
   * It looks at the tally of what was executed before it, or changes whose it is: where the tally is kept, a unit may begin with
   * it and not hold it further in.
   */
  readonly observer: boolean;
  /** What the guest's mode must allow, else the instruction traps before it does anything: e.g. 'FP'. */
  readonly requires: string | undefined;
  readonly valid: (fields: RawFields) => boolean;
  readonly derive: (fields: RawFields) => Readonly<Record<string, number | bigint>>;
  /** objdump's spelling: mnemonic, a tab, operands. `pc` is for PC-relative targets. */
  readonly asm: (fields: RawFields, pc: bigint) => string;
  readonly exec: (b: Builder, fields: never) => void;
}

export interface Description<P extends string, D> {
  feature?: string | readonly string[];
  overrides?: readonly string[];
  restartable?: boolean;
  observer?: boolean;
  requires?: string;
  valid?: (f: Raw<P>) => boolean;
  derive?: (f: Raw<P>) => D;
  asm: (f: Raw<P>, pc: bigint) => string;
  exec: (b: Builder, f: Staged<P, D>) => void;
}

// biome-ignore lint/complexity/noBannedTypes: no derived fields is the empty record
export function insn<const P extends string, D extends Record<string, number | bigint> = {}>(name: string, pattern: P, d: Description<P, D>): Insn {
  let position = 32;
  let mask = 0;
  let value = 0;
  const fields: FieldBits[] = [];
  for (const token of pattern.trim().split(/\s+/)) {
    const field = /^(\w+)([!:])(\d+)$/.exec(token);
    if (field) {
      const width = Number(field[3]);
      position -= width;
      if (fields.some(f => f.name === field[1])) throw new Error(`${name}: field ${field[1]} stands twice`);
      fields.push({ name: field[1] as string, lo: position, width, mode: field[2] === '!' });
      continue;
    }
    for (const c of token) {
      if (c !== '0' && c !== '1') throw new Error(`${name}: '${token}' is neither bits nor a field`);
      position--;
      mask |= 1 << position;
      if (c === '1') value |= 1 << position;
    }
  }
  if (position !== 0) throw new Error(`${name}: the pattern has ${32 - position} bits`);
  return {
    name, pattern, fields,
    mask: mask >>> 0,
    value: value >>> 0,
    feature: d.feature,
    overrides: d.overrides ?? [],
    restartable: d.restartable ?? false,
    observer: d.observer ?? false,
    requires: d.requires,
    valid: (d.valid ?? always) as Insn['valid'],
    derive: (d.derive ?? nothing) as unknown as Insn['derive'],
    asm: d.asm as unknown as Insn['asm'],
    exec: d.exec as unknown as Insn['exec'],
  };
}

const always: Insn['valid'] = () => true;
const nothing: Insn['derive'] = () => ({});

/** Whether every word that matches is an instance; `valid` need not be asked. */
export const alwaysValid = (i: Insn): boolean => i.valid === always;

/** The fields of `word` as numbers. */
export function extract(i: Insn, word: number): Record<string, number> {
  const raw: Record<string, number> = {};
  for (const { name, lo, width } of i.fields) raw[name] = (word << (32 - lo - width)) >>> (32 - width);
  return raw;
}

/**
 * The same without an allocation: the object that comes back is one and the same for every word, and reads the last
 * one. For `valid`, which the decoder asks for each word.
 */
export function reader(i: Insn): (word: number) => RawFields {
  let current = 0;
  const view = {};
  for (const { name, lo, width } of i.fields) {
    const ones = 2 ** width - 1;
    Object.defineProperty(view, name, { enumerable: true, get: () => (current >>> lo) & ones });
  }
  return word => {
    current = word;
    return view;
  };
}

/**
 * What `exec` is given for a word whose operands are constants: fields and derived numbers as they are, derived
 * bigints as `constant` makes them. Like `reader`'s, the object is one and the same for every word.
 */
export function stager(i: Insn, constant: (value: bigint) => number): (word: number) => RawFields {
  const read = reader(i);
  if (i.derive === nothing) return read;
  let staged: Record<string, number> | undefined;
  let names: readonly string[] = [];
  return word => {
    const fields = read(word) as Record<string, number>;
    const derived = i.derive(fields);
    if (staged === undefined) names = Object.keys(derived);
    staged ??= Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(fields), ...Object.getOwnPropertyDescriptors({ ...derived }) }) as Record<string, number>;
    for (const name of names) {
      const value = derived[name]!;
      staged[name] = typeof value === 'bigint' ? constant(value) : value;
    }
    return staged;
  };
}

/** The word with these fields; a missing one is 0. */
export function encode(i: Insn, fields: RawFields): number {
  let word = i.value;
  for (const f of i.fields) word |= ((fields[f.name] ?? 0) & (2 ** f.width - 1)) << f.lo;
  return word >>> 0;
}
