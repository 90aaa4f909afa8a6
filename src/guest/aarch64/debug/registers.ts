/**
 * What the breakpoint and watchpoint registers say: DBGBVR, DBGBCR, DBGWVR, DBGWCR (ARM DDI 0487, D17.3.2 to D17.3.12), and when an
 * address matches (D2.8, D2.10; AArch64.BreakpointMatch, AArch64.WatchpointMatch). Nothing has EL2 or EL3, nor a Secure state.
 */

/** Register values by number; those that are left out are 0. */
export interface DebugRegisterSet {
  readonly BCR: ArrayLike<bigint>;
  readonly BVR: ArrayLike<bigint>;
  readonly WCR: ArrayLike<bigint>;
  readonly WVR: ArrayLike<bigint>;
}

/** How many of the registers a CPU has. */
export interface DebugResources {
  readonly breakpoints: number;
  readonly watchpoints: number;
  /** The last ones of the breakpoints that compare CONTEXTIDR_EL1. */
  readonly contextBreakpoints: number;
}

export interface Breakpoint {
  /** Undefined: any. */
  readonly address: bigint | undefined;
  /** PMC: bit 0 EL1, bit 1 EL0. */
  readonly levels: number;
  /** What CONTEXTIDR_EL1 has to be. */
  readonly context: bigint | undefined;
}

export interface Watchpoint {
  /** Bits of an address that count. */
  readonly first: bigint;
  /** Bytes from there on among which are those that are watched. */
  readonly bytes: bigint;
  /** Bit n: of the eight bytes from `first` on this one is; undefined: all of them are. */
  readonly BAS: number | undefined;
  /** PAC: bit 0 EL1, bit 1 EL0. */
  readonly levels: number;
  /** LSC: bit 0 loads, bit 1 stores. */
  readonly LSC: number;
  readonly context: bigint | undefined;
}

/** DebugAddrTop: the value registers hold bits 52..2 of an address and its sign, with or without FEAT_LVA. */
const ADDRESS_BITS = 53;
/** An address as the value registers would have it. */
const canonical = (address: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(ADDRESS_BITS, address));
/** Of the addresses of data the tag doesn't count. */
const untagged = (address: bigint): bigint => BigInt.asUintN(ADDRESS_BITS, address);

const field = (value: bigint, bit: number, width: number): number => Number((value >> BigInt(bit)) & ((1n << BigInt(width)) - 1n));

/** DBGBCR.BT. */
const BT_ADDRESS = 0;
const BT_LINKED_ADDRESS = 1;
const BT_CONTEXT = 2;
const BT_LINKED_CONTEXT = 3;

/**
 * HMC and SSC: without EL2 and EL3 any other value than 0 is reserved, and behaves as either disabled or another type
 * (CheckValidStateMatch). // CONSTRAINED UNPREDICTABLE: we choose disabled.
 */
const isReserved = (control: bigint): boolean => field(control, 13, 3) !== 0;

export class DebugComparators {
  readonly breakpoints: readonly Breakpoint[];
  readonly watchpoints: readonly Watchpoint[];
  private readonly set: DebugRegisterSet;
  private readonly resources: DebugResources;

  constructor(set: DebugRegisterSet, resources: DebugResources) {
    this.set = set;
    this.resources = resources;
    const numbers = (count: number): number[] => Array.from({ length: Math.min(count, 16) }, (_, n) => n);
    this.breakpoints = numbers(resources.breakpoints).flatMap(n => this.breakpoint(n) ?? []);
    this.watchpoints = numbers(resources.watchpoints).flatMap(n => this.watchpoint(n) ?? []);
  }

  private breakpoint(n: number): Breakpoint | undefined {
    const control = this.set.BCR[n] ?? 0n;
    const levels = field(control, 1, 2);
    if (!(control & 1n) || levels === 0 || isReserved(control)) return undefined;
    const BT = field(control, 20, 4);
    if (BT === BT_CONTEXT) return this.isContextAware(n) ? { address: undefined, levels, context: this.contextOf(n) } : undefined;
    if (BT !== BT_ADDRESS && BT !== BT_LINKED_ADDRESS) return undefined;
    // Of A64 and A32 instructions only BAS<0> is looked at, of T32's that begin in the upper half of a word BAS<2>; not with BAS<0>,
    // where it is CONSTRAINED UNPREDICTABLE.
    const BAS = field(control, 5, 4);
    if ((BAS & 5) === 0) return undefined;
    const context = BT === BT_LINKED_ADDRESS ? this.linked(field(control, 16, 4)) : undefined;
    if (BT === BT_LINKED_ADDRESS && context === undefined) return undefined;
    return { address: canonical((this.set.BVR[n] ?? 0n) & ~3n) + (BAS & 1 ? 0n : 2n), levels, context };
  }

  private watchpoint(n: number): Watchpoint | undefined {
    const control = this.set.WCR[n] ?? 0n;
    const levels = field(control, 1, 2);
    const LSC = field(control, 3, 2);
    const BAS = field(control, 5, 8);
    if (!(control & 1n) || levels === 0 || LSC === 0 || BAS === 0 || isReserved(control)) return undefined;
    const linked = (control >> 20n) & 1n;
    const context = linked ? this.linked(field(control, 16, 4)) : undefined;
    if (linked && context === undefined) return undefined;
    const MASK = field(control, 24, 5);
    const value = untagged((this.set.WVR[n] ?? 0n) & ~3n);
    const common = { levels, LSC, context };
    // CONSTRAINED UNPREDICTABLE: a reserved MASK (1, 2), or one with a BAS that isn't all ones: we choose disabled, and all ones.
    if (MASK === 1 || MASK === 2) return undefined;
    if (MASK !== 0) return { ...common, first: (value >> BigInt(MASK)) << BigInt(MASK), bytes: 1n << BigInt(MASK), BAS: undefined };
    // A value that is a multiple of 4 only has the upper half of BAS for nothing.
    const word = (value & 4n) !== 0n;
    return { ...common, first: value & ~7n, bytes: 8n, BAS: word ? (BAS & 0xf) << 4 : BAS };
  }

  private isContextAware(n: number): boolean {
    const { breakpoints, contextBreakpoints } = this.resources;
    return n < breakpoints && n >= breakpoints - contextBreakpoints;
  }

  private contextOf(n: number): bigint {
    return (this.set.BVR[n] ?? 0n) & 0xffff_ffffn;
  }

  /** The context that another breakpoint has to find. CONSTRAINED UNPREDICTABLE: where it isn't one for that, we choose no match. */
  private linked(n: number): bigint | undefined {
    const control = this.set.BCR[n] ?? 0n;
    return this.isContextAware(n) && control & 1n && field(control, 20, 4) === BT_LINKED_CONTEXT ? this.contextOf(n) : undefined;
  }
}

export const breakpointMatches = (b: Breakpoint, pc: bigint, EL0: boolean, CONTEXTIDR: bigint): boolean =>
  (b.address === undefined || b.address === pc) && matchesState(b, EL0, CONTEXTIDR);

const matchesState = ({ levels, context }: Breakpoint | Watchpoint, EL0: boolean, CONTEXTIDR: bigint): boolean =>
  (levels & (EL0 ? 2 : 1)) !== 0 && (context === undefined || context === (CONTEXTIDR & 0xffff_ffffn));

/** The first byte of an access that is watched, as an offset; undefined: none is. `LSC`: what the access does. */
export function watchpointMatches(w: Watchpoint, va: bigint, size: number, LSC: number, EL0: boolean, CONTEXTIDR: bigint): number | undefined {
  if (!(w.LSC & LSC) || !matchesState(w, EL0, CONTEXTIDR)) return undefined;
  const start = untagged(va);
  const from = start > w.first ? start : w.first;
  const to = min(start + BigInt(size), w.first + w.bytes);
  for (let byte = from; byte < to; byte++) {
    if (w.BAS === undefined || (w.BAS >> Number(byte - w.first)) & 1) return Number(byte - start);
  }
  return undefined;
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
