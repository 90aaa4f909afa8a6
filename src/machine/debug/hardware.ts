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

interface WatchRegisters extends Watch {
  readonly wcr: bigint;
  readonly wvr: bigint;
}

export interface DebugRegisters {
  readonly dbg_bcr: readonly bigint[];
  readonly dbg_bvr: readonly bigint[];
  readonly dbg_wcr: readonly bigint[];
  readonly dbg_wvr: readonly bigint[];
}

/** An address as the value registers hold it: bit 52 is the sign. */
export const canonical = (address: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(53, address));

export class HardwareBreakpoints {
  private readonly maxBreakpoints: number;
  private readonly maxWatchpoints: number;
  private breakpoints: bigint[] = [];
  private watchpoints: WatchRegisters[] = [];

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
    if (this.watchpoints.length >= this.maxWatchpoints) throw full('watchpoints', this.maxWatchpoints);
    if (!Number.isInteger(length) || length < 1) throw new KvmError('EINVAL', `nothing of ${length} bytes can be watched`);
    if (length > 8 && (length > LONGEST || (length & (length - 1)) !== 0)) throw new KvmError('ENOBUFS', `no register watches ${length} bytes`);
    const parts = length > 8 ? [long(watch)] : short(watch);
    if (this.watchpoints.length + parts.length > this.maxWatchpoints) throw full('watchpoints', this.maxWatchpoints);
    this.watchpoints.push(...parts);
  }

  /** The first that covers the address goes, as a whole. */
  removeWatchpoint(address: bigint): void {
    const found = this.watchpoints.find(w => covers(w, canonical(address), 1));
    if (!found) throw missing('watchpoint', address);
    // What was inserted together goes together.
    const n = this.watchpoints.indexOf(found);
    const next = this.watchpoints[n + 1];
    const parts = next && next.address === found.address && next.length === found.length && next.wvr !== found.wvr && found.length <= 8 ? 2 : 1;
    this.watchpoints.splice(n, parts);
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
      dbg_wcr: values(this.watchpoints.map(w => w.wcr)), dbg_wvr: values(this.watchpoints.map(w => w.wvr)),
    };
  }
}

const full = (what: string, count: number): KvmError => new KvmError('ENOBUFS', `the CPU has ${count} hardware ${what}, and all are in use`);
const missing = (what: string, address: bigint): KvmError => new KvmError('ENOENT', `no hardware ${what} is at 0x${address.toString(16)}`);

const control = (access: number): bigint => WCR_E_PAC | BigInt(access) << WCR_LSC;

function short(watch: Watch): WatchRegisters[] {
  const address = canonical(watch.address);
  const offset = address & 7n;
  const bytes = ((1n << BigInt(watch.length)) - 1n) << offset;
  const wcr = control(watch.access);
  const parts: WatchRegisters[] = [{ ...watch, wcr: wcr | (bytes & 0xffn) << WCR_BAS, wvr: address - offset }];
  if (bytes >> 8n) parts.push({ ...watch, wcr: wcr | (bytes >> 8n) << WCR_BAS, wvr: canonical(address - offset + 8n) });
  return parts;
}

function long(watch: Watch): WatchRegisters {
  const bits = BigInt(Math.log2(watch.length));
  return { ...watch, wcr: control(watch.access) | 0xffn << WCR_BAS | bits << WCR_MASK, wvr: (canonical(watch.address) >> bits) << bits };
}

/** Whether the access touches a byte that is watched. */
function covers({ wcr, wvr }: WatchRegisters, at: bigint, size: number): boolean {
  const MASK = wcr >> WCR_MASK & 31n;
  const to = at + BigInt(size);
  if (MASK !== 0n) return at < wvr + (1n << MASK) && to > wvr;
  for (let byte = 0n; byte < 8n; byte++) {
    if (wcr >> (WCR_BAS + byte) & 1n && at <= wvr + byte && to > wvr + byte) return true;
  }
  return false;
}
