/**
 * Pointer authentication of one CPU: ARM DDI 0487, D8.8, and the functions AddPAC, Auth and Strip of J1.1. A pointer that fails
 * gets an error code and faults where it is used; with FEAT_PAuth2 what was to be the code is left in it; with FEAT_FPAC the
 * instruction faults (for those that authenticate on the way to something else, with FEAT_FPACCOMBINE).
 *
 * Generated code finds what was computed lately in tables of the CPU's state, under a context: a number that stands for key
 * and pointer format and never for any other. Switching keys therefore forgets nothing.
 */
import type { CpuModel } from '../models.ts';
import { type CpuState, REMEMBERED } from '../state.ts';
import { keyedHash } from './hash.ts';
import { type Key, QARMA5 } from './qarma.ts';

/** Instruction keys A and B, data keys A and B. */
export const keyNames = ['APIA', 'APIB', 'APDA', 'APDB'] as const;
export type KeyNumber = 0 | 1 | 2 | 3;
export const operations = { add: 0, authenticate: 1 } as const;
export type Operation = (typeof operations)[keyof typeof operations];

/** The context of a key that SCTLR_EL1 disables; and of one that isn't known yet, which matches nothing. */
export const DISABLED = 0;
const UNKNOWN = 0xffff_ffff;
/** Contexts that keep their number: the keys of processes that run in turn. */
const CONTEXTS = 32;

/** SCTLR_EL1.EnIA, EnIB, EnDA, EnDB. */
const enables = [1n << 31n, 1n << 30n, 1n << 27n, 1n << 13n] as const;
/** Fields of TCR_EL1 that a pointer's format depends on: T0SZ, TG0, T1SZ, TG1, TBIn, TBIDn, DS. */
const TCR_format = 0x0818_0060_c03f_c03fn;
const SIGN = 1n << 55n;

interface Context {
  readonly number: number;
  readonly name: KeyNumber;
  readonly key: Key;
  readonly TCR: bigint;
}

type State = Pick<
  CpuState,
  'SCTLR_EL1' | 'TCR_EL1' | 'APKeyHigh' | 'APKeyLow' | 'pacContext' | 'pacPointer' | 'pacModifier' | 'pacResult' | 'pacEntry'
>;

/** Of one half of the address space: bits of its addresses, and whether their top byte is ignored. */
interface Half {
  readonly inputBits: number;
  readonly TBI: boolean;
  /** But not of instructions. */
  readonly TBID: boolean;
}
type Halves = readonly [Half, Half];

/** Where the code is in a pointer: bits of it, none of which is bit 55. */
interface Format {
  readonly mask: bigint;
  readonly TBI: boolean;
}

export class PointerAuthentication {
  private readonly state: State;
  private readonly halves: () => Halves;
  private readonly compute: (data: bigint, modifier: bigint, key: Key) => bigint;
  /** What becomes of the code of a pointer that is not canonical: a bit of it is wrong, it is none at all, or (FEAT_PAuth2) nothing. */
  private readonly spoiled: (code: bigint, TBI: boolean) => bigint;
  private readonly PAuth2: boolean;
  /** Failures are exceptions, and not remembered. */
  private readonly FPAC: boolean;
  /** Of the last Auth. */
  private failed = false;
  /** Of the last pointer that was signed: nothing of it is lost. */
  private canonical = false;
  private contexts: Context[] = [];
  /** Of the keys that are known now (pacContext says which). */
  private readonly current: (Context | undefined)[] = [];
  /** By half, size and kind of pointer, for TCR_EL1 as it was looked at last. */
  private formats: (Format | undefined)[] = [];
  private formatsOf = -1n;
  private stale = true;
  private nextNumber = 1;

  /** `halves`: as TCR_EL1 says now. */
  constructor(state: State, halves: () => Halves, { features }: Pick<CpuModel, 'features'>) {
    this.state = state;
    this.halves = halves;
    this.compute = features.has('PACIMP') ? keyedHash : QARMA5;
    this.PAuth2 = features.has('PAuth2');
    this.FPAC = features.has('FPAC');
    this.spoiled = this.PAuth2 ? code => code : features.has('EPAC') ? () => 0n : (code, TBI) => code ^ (1n << (TBI ? 54n : 62n));
  }

  /** A key, or SCTLR_EL1 or TCR_EL1 was written. */
  changed(): void {
    this.state.pacContext.fill(UNKNOWN);
    this.stale = true;
  }

  /** The state was written from outside: nothing in it is remembered. */
  forget(): void {
    this.state.pacEntry.fill(DISABLED);
    this.changed();
  }

  /** PACIA and the like, AUTIA and the like: `pointer` as it is where the key is disabled. */
  perform(operation: Operation, name: KeyNumber, pointer: bigint, modifier: bigint): bigint {
    const context = this.contextOf(name);
    if (!context) return pointer;
    if (operation === operations.authenticate) return this.authenticated(pointer, modifier, context);
    const result = this.AddPAC(pointer, modifier, context);
    this.remember(operation, pointer, modifier, result, context);
    // What was signed is authenticated next.
    if (this.canonical) this.remember(operations.authenticate, result, modifier, pointer, context);
    else this.authenticated(result, modifier, context);
    return result;
  }

  /** Authenticates where failing is an exception: whether it does. */
  fails(name: KeyNumber, pointer: bigint, modifier: bigint): boolean {
    const context = this.contextOf(name);
    if (!context) return false;
    this.authenticated(pointer, modifier, context);
    return this.failed;
  }

  private authenticated(pointer: bigint, modifier: bigint, context: Context): bigint {
    const result = this.Auth(pointer, modifier, context);
    if (!(this.failed && this.FPAC)) this.remember(operations.authenticate, pointer, modifier, result, context);
    return result;
  }

  /** PACGA: the code alone, in the upper half. */
  generic(data: bigint, modifier: bigint): bigint {
    return (this.compute(data, modifier, this.keyOf(keyNames.length)) >> 32n) << 32n;
  }

  /** Strip: the pointer without a code. */
  Strip(pointer: bigint, data: boolean): bigint {
    return this.original(pointer, this.format(pointer, data));
  }

  private AddPAC(pointer: bigint, modifier: bigint, { name, key }: Context): bigint {
    const data = isData(name);
    // With tags in use for either half, bit 55 says which half it is.
    const tagged = this.ignoresTop(0, data) || this.ignoresTop(1, data);
    const upper = ((pointer >> (tagged ? 55n : 63n)) & 1n) === 1n;
    const { mask, TBI } = this.format(pointer, data, upper);
    const field = mask | SIGN;
    const extended = upper ? pointer | field : pointer & ~field;
    let code = this.compute(extended, modifier, key);
    const extension = pointer & field;
    this.canonical = extension === 0n || extension === field;
    // The code is made one that fails.
    if (!this.canonical) code = this.spoiled(code, TBI);
    const inserted = this.PAuth2 ? code ^ pointer : code;
    return (pointer & ~field) | (inserted & mask) | (upper ? SIGN : 0n);
  }

  private Auth(pointer: bigint, modifier: bigint, { name, key }: Context): bigint {
    const format = this.format(pointer, isData(name));
    const original = this.original(pointer, format);
    const difference = (this.compute(original, modifier, key) ^ pointer) & format.mask;
    if (this.PAuth2) {
      const result = (pointer & ~format.mask) | difference;
      this.failed = difference !== (pointer & SIGN ? format.mask : 0n);
      return result;
    }
    this.failed = difference !== 0n;
    if (!this.failed) return original;
    const at = format.TBI ? 53n : 61n;
    const errorCode = name & 1 ? 2n : 1n;
    return (original & ~(3n << at)) | (errorCode << at);
  }

  private original(pointer: bigint, { mask }: Format): bigint {
    return pointer & SIGN ? pointer | mask : pointer & ~mask;
  }

  /** CalculateBottomPACBit, EffectiveTBI: `upper` chooses the size, bit 55 of the pointer whether there is a tag. */
  private format(pointer: bigint, data: boolean, upper = (pointer & SIGN) !== 0n): Format {
    const half = pointer & SIGN ? 1 : 0;
    const at = half | (upper ? 2 : 0) | (data ? 4 : 0);
    if (this.stale) this.refreshFormats();
    const known = this.formats[at];
    if (known) return known;
    const TBI = this.ignoresTop(half, data);
    const { inputBits } = this.halves()[upper ? 1 : 0];
    return (this.formats[at] = { mask: ((1n << (TBI ? 55n : 64n)) - (1n << BigInt(inputBits))) & ~SIGN, TBI });
  }

  private refreshFormats(): void {
    this.stale = false;
    const TCR = this.state.TCR_EL1 & TCR_format;
    if (TCR === this.formatsOf) return;
    this.formats = [];
    this.formatsOf = TCR;
  }

  private ignoresTop(half: 0 | 1, data: boolean): boolean {
    const { TBI, TBID } = this.halves()[half];
    return TBI && (data || !TBID);
  }

  private keyOf(name: number): Key {
    const { APKeyHigh, APKeyLow } = this.state;
    return { high: APKeyHigh[name] as bigint, low: APKeyLow[name] as bigint };
  }

  /** Of the key as it is now; undefined where it is disabled. */
  private contextOf(name: KeyNumber): Context | undefined {
    const { state } = this;
    if (state.pacContext[name] !== UNKNOWN) return this.current[name];
    const TCR = state.TCR_EL1 & TCR_format;
    this.current[name] = undefined;
    if (!(state.SCTLR_EL1 & enables[name])) {
      state.pacContext[name] = DISABLED;
      return undefined;
    }
    const { high, low } = this.keyOf(name);
    const isIt = (c: Context): boolean => c.key.low === low && c.key.high === high && c.name === name && c.TCR === TCR;
    let context = this.contexts.find(isIt);
    if (!context) {
      context = { number: this.number(), name, key: { high, low }, TCR };
      this.contexts = [context, ...this.contexts.slice(0, CONTEXTS - 1)];
    }
    state.pacContext[name] = context.number;
    this.current[name] = context;
    return context;
  }

  /** One that was never used; all are forgotten when they run out. */
  private number(): number {
    if (this.nextNumber === UNKNOWN) {
      this.forget();
      this.contexts = [];
      this.nextNumber = 1;
    }
    return this.nextNumber++;
  }

  private remember(operation: Operation, pointer: bigint, modifier: bigint, result: bigint, { number }: Context): void {
    const { state } = this;
    const at = operation * REMEMBERED + indexOf(pointer, modifier);
    state.pacPointer[at] = pointer;
    state.pacModifier[at] = modifier;
    state.pacResult[at] = result;
    state.pacEntry[at] = number;
  }
}

const isData = (name: KeyNumber): boolean => name >= 2;

/** Return addresses are multiples of 4, stack pointers of 16. Generated code computes the same (insn/pauth-code.ts). */
const indexOf = (pointer: bigint, modifier: bigint): number => Number(((pointer >> 2n) ^ (modifier >> 4n)) & BigInt(REMEMBERED - 1));
