/**
 * The pool of hardware breakpoints and watchpoints of a debugger: one for all CPUs, as long as the CPU's registers suffice, in
 * the form of DBGBCR, DBGBVR, DBGWCR and DBGWVR (ARM DDI 0487, D17.3) that KVM_SET_GUEST_DEBUG takes.
 */
import { KvmError } from '../../kvm/index.ts';

/** E, PMC for EL1 and EL0, BAS of all four bytes. */
const BCR = 0x1e7n;
/** E, PAC for EL1 and EL0. */
const WCR_E_PAC = 7n;
const WCR_LSC = 3n;
const WCR_BAS = 5n;
const WCR_MASK = 24n;
/** Registers of each kind that struct kvm_guest_debug_arch has. */
const REGISTERS = 16;
const LONGEST = 2 ** 31;

/** LSC. */
export const ACCESS_READ = 1;
export const ACCESS_WRITE = 2;

export interface Watch {
  readonly address: bigint;
  readonly length: number;
  /** ACCESS_READ, ACCESS_WRITE or both. */
  readonly access: 1 | 2 | 3;
}

interface Part {
  readonly wcr: bigint;
  readonly wvr: bigint;
}

interface Watching extends Watch {
  readonly parts: readonly Part[];
}

export interface DebugRegisters {
  readonly dbg_bcr: readonly bigint[];
  readonly dbg_bvr: readonly bigint[];
  readonly dbg_wcr: readonly bigint[];
  readonly dbg_wvr: readonly bigint[];
}

/** An address as the value registers hold it: bit 52 is the sign. */
const canonical = (address: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(53, address));

export class HardwareBreakpoints {
  private readonly maxBreakpoints: number;
  private readonly maxWatchpoints: number;
  private breakpoints: bigint[] = [];
  private watchpoints: Watching[] = [];

  constructor(breakpoints: number, watchpoints: number) {
    this.maxBreakpoints = Math.min(breakpoints, REGISTERS);
    this.maxWatchpoints = Math.min(watchpoints, REGISTERS);
  }

  get active(): boolean { return this.breakpoints.length + this.watchpoints.length > 0; }

  insertBreakpoint(address: bigint): void {
    if (this.breakpoints.length >= this.maxBreakpoints) throw full('breakpoints', this.maxBreakpoints);
    if (address & 3n) throw new KvmError('EINVAL', `0x${address.toString(16)} is no address of an instruction`);
    this.breakpoints.push(canonical(address));
  }

  removeBreakpoint(address: bigint): void {
    const n = this.breakpoints.indexOf(canonical(address));
    if (n < 0) throw missing('breakpoint', address);
    this.breakpoints.splice(n, 1);
  }

  /** Up to 8 bytes in one aligned block of 8, two registers where they are in two; longer ones are a power of two. */
  insertWatchpoint(watch: Watch): void {
    const { length } = watch;
    const used = this.watchRegisters.length;
    if (used >= this.maxWatchpoints) throw full('watchpoints', this.maxWatchpoints);
    if (!Number.isInteger(length) || length < 1) throw new KvmError('EINVAL', `nothing of ${length} bytes can be watched`);
    if (length > 8 && (length > LONGEST || (length & (length - 1)) !== 0)) throw new KvmError('ENOBUFS', `no register watches ${length} bytes`);
    const parts = length > 8 ? [long(watch)] : short(watch);
    if (used + parts.length > this.maxWatchpoints) throw full('watchpoints', this.maxWatchpoints);
    this.watchpoints.push({ ...watch, parts });
  }

  private get watchRegisters(): readonly Part[] { return this.watchpoints.flatMap(({ parts }) => parts); }

  /** The first that covers the address goes. */
  removeWatchpoint(address: bigint): void {
    const n = this.watchpoints.findIndex(w => covers(w, canonical(address), 1));
    if (n < 0) throw missing('watchpoint', address);
    this.watchpoints.splice(n, 1);
  }

  removeAll(): void {
    this.breakpoints = [];
    this.watchpoints = [];
  }

  findBreakpoint(pc: bigint): boolean { return this.breakpoints.includes(pc); }

  /** The watchpoint that an access of `size` bytes at FAR hit. */
  findWatchpoint(far: bigint, size = 1): Watch | undefined {
    const at = canonical(far);
    return this.watchpoints.find(w => covers(w, at, 1)) ?? this.watchpoints.find(w => covers(w, at, size));
  }

  /** Of the CPU, in the order of insertion; what isn't used is 0. */
  registers(): DebugRegisters {
    const values = (all: readonly bigint[]): bigint[] => Array.from({ length: REGISTERS }, (_, n) => all[n] ?? 0n);
    return {
      dbg_bcr: values(this.breakpoints.map(() => BCR)), dbg_bvr: values(this.breakpoints),
      dbg_wcr: values(this.watchRegisters.map(w => w.wcr)), dbg_wvr: values(this.watchRegisters.map(w => w.wvr)),
    };
  }
}

const full = (what: string, count: number): KvmError => new KvmError('ENOBUFS', `the CPU has ${count} hardware ${what}, and all are in use`);
const missing = (what: string, address: bigint): KvmError => new KvmError('ENOENT', `no hardware ${what} is at 0x${address.toString(16)}`);

const control = (access: number): bigint => WCR_E_PAC | BigInt(access) << WCR_LSC;

function short({ address: given, length, access }: Watch): Part[] {
  const address = canonical(given);
  const offset = address & 7n;
  const bytes = ((1n << BigInt(length)) - 1n) << offset;
  const wcr = control(access);
  const first = { wcr: wcr | (bytes & 0xffn) << WCR_BAS, wvr: address - offset };
  return bytes >> 8n ? [first, { wcr: wcr | (bytes >> 8n) << WCR_BAS, wvr: canonical(address - offset + 8n) }] : [first];
}

function long({ address, length, access }: Watch): Part {
  const bits = BigInt(Math.log2(length));
  return { wcr: control(access) | 0xffn << WCR_BAS | bits << WCR_MASK, wvr: (canonical(address) >> bits) << bits };
}

/** Whether an access touches a byte that is watched. */
const covers = ({ parts }: Watching, at: bigint, size: number): boolean => parts.some(part => touches(part, at, at + BigInt(size)));

function touches({ wcr, wvr }: Part, from: bigint, to: bigint): boolean {
  const MASK = wcr >> WCR_MASK & 31n;
  if (MASK !== 0n) return from < wvr + (1n << MASK) && to > wvr;
  for (let byte = 0n; byte < 8n; byte++) {
    if (wcr >> (WCR_BAS + byte) & 1n && from <= wvr + byte && to > wvr + byte) return true;
  }
  return false;
}
