/**
 * Self-hosted debug of one CPU: breakpoints and watchpoints of its guest and of a debugger outside, and the guest's software step.
 * ARM DDI 0487, D2 (AArch64 self-hosted debug): D2.4 (enabling), D2.8 (breakpoints), D2.10 (watchpoints), D2.12 (software step).
 */
import type { AccessKind, GuestDebugging, GuestEvent } from '../../../isa/arch.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { breakpoint, ExitEvent, isBreakInstruction, softwareStep, syndromeFromBelow, watchpoint, type ExceptionEvent } from '../exception.ts';
import { PSTATE_D } from '../pstate.ts';
import { breakpointMatches, DebugComparators, type DebugRegisterSet, watchpointMatches } from './registers.ts';

const MDSCR_SS = 1n;
const MDSCR_KDE = 1n << 13n;
const MDSCR_MDE = 1n << 15n;
const OSLSR_OSLK = 2n;
/** LSC. */
const LOAD = 1;
const STORE = 2;
const lscOf = { read: LOAD, write: STORE, modify: LOAD | STORE } as const;

/** What a debugger outside of the guest wants of a CPU. */
export interface OuterDebug {
  /** Its own breakpoints and watchpoints: an exit where one matches. */
  readonly registers: DebugRegisterSet | undefined;
  /** BRK is an exit. */
  readonly BRK: boolean;
  /** The guest's breakpoints and watchpoints don't match. */
  readonly masksBreakpoints: boolean;
  /** The guest's software step is off. */
  readonly masksStep: boolean;
  /** Debug exceptions of the guest's own are exits, too. */
  readonly takesAll: boolean;
}

export const noOuterDebug: OuterDebug = { registers: undefined, BRK: false, masksBreakpoints: false, masksStep: false, takesAll: false };

const none: DebugRegisterSet = { BCR: [], BVR: [], WCR: [], WVR: [] };

/** LDXR, LDAXR, LDXP, LDAXP; LDREX, LDREXB, …, LDAEX, … of A32 and T32. Of T32 the first halfword is the upper one. */
export function isLoadExclusive(word: number, { nRW, T }: { readonly nRW: number; readonly T: number }): boolean {
  if (!nRW) return (word & 0x3fc0_0000) === 0x0840_0000 && ((word & 0x20_0000) === 0 || word >>> 31 === 1);
  if (!T) return word >>> 28 !== 15 && (word & 0x0f90_0eff) === 0x0190_0e9f;
  return (word & 0xfff0_0f00) >>> 0 === 0xe850_0f00 || (word & 0xfff0_0040) >>> 0 === 0xe8d0_0040;
}

export class DebugUnit implements GuestDebugging {
  steps = false;
  stops: readonly bigint[] = [];
  /** What the engine was told of: `stops` and `watched`. */
  private places = ';';
  private readonly cpu: Arm64Cpu;
  private outer: OuterDebug = noOuterDebug;
  private own = new DebugComparators(none, noResources);
  private outers = this.own;
  /** MDSCR_EL1.SS is set, and neither the OS lock nor a debugger outside forbids it: whether it steps depends on PSTATE. */
  private mayStep = false;
  /** A breakpoint of any address: every instruction is looked at. */
  private everywhere = false;
  /** The instruction that runs is being stepped: PSTATE.SS is 0 already, as it will be behind it. */
  private advanced = false;
  /** What the syndrome says of the last stepped instruction: EX, or nothing where another one came in between. */
  private stepped: { readonly EX: boolean } | undefined;

  constructor(cpu: Arm64Cpu) {
    this.cpu = cpu;
  }

  /** Of a debugger outside. */
  configure(outer: OuterDebug): void {
    this.outer = outer;
    this.update();
  }

  /** A debug register, MDSCR_EL1 or a lock was written. */
  update(): void {
    const { state, model } = this.cpu;
    const { outer } = this;
    const locked = (state.OSLSR_EL1 & OSLSR_OSLK) !== 0n || (state.OSDLR_EL1 & 1n) !== 0n;
    const enabled = (state.MDSCR_EL1 & MDSCR_MDE) !== 0n && !locked && !outer.masksBreakpoints;
    const set = { BCR: state.DBGBCR, BVR: state.DBGBVR, WCR: state.DBGWCR, WVR: state.DBGWVR };
    this.own = new DebugComparators(enabled ? set : none, model);
    this.outers = new DebugComparators(outer.registers ?? none, model);
    this.mayStep = (state.MDSCR_EL1 & MDSCR_SS) !== 0n && !locked && !outer.masksStep;
    if (this.mayStep) state.interruptHeld = 1;
    const breakpoints = [...this.own.breakpoints, ...this.outers.breakpoints];
    this.everywhere = breakpoints.some(b => b.address === undefined);
    this.stops = breakpoints.flatMap(b => b.address ?? []);
    const places = `${this.stops.join()};${this.watched.join()}`;
    if (places !== this.places) this.cpu.env.debugChanged?.();
    this.places = places;
    this.refresh();
    this.cpu.modeChanged();
  }

  /** PSTATE's masks matter to it. */
  get followsMasks(): boolean { return this.mayStep; }

  /** The exception level or PSTATE.D may have changed. */
  refresh(): void {
    this.steps = this.everywhere || (this.mayStep && this.enabledFrom(this.cpu.state.currentEL, this.cpu.state.daif));
    if (!this.steps) this.advanced = false;
  }

  /** AArch64.GenerateDebugExceptionsFrom, but for the locks: debug exceptions are taken to EL1. */
  private enabledFrom(level: number, daif: number): boolean {
    return level === 0 || ((this.cpu.state.MDSCR_EL1 & MDSCR_KDE) !== 0n && !(daif & PSTATE_D));
  }

  private get enabled(): boolean { return this.enabledFrom(this.cpu.state.currentEL, this.cpu.state.daif); }

  // ---- software step
  beforeFetch(): GuestEvent | undefined {
    this.advanced = false;
    const { state } = this.cpu;
    if (!this.mayStep || state.SS !== 0 || !this.enabled) return undefined;
    const { stepped } = this;
    return this.owned(softwareStep(stepped !== undefined, stepped?.EX ?? false));
  }

  beforeInstruction(word: number): GuestEvent | undefined {
    const hit = this.breakpointAt();
    if (hit) return hit;
    const { state } = this.cpu;
    if (!this.mayStep || state.SS === 0 || !this.enabled) return undefined;
    this.advanced = true;
    this.stepped = { EX: isLoadExclusive(word, state) };
    state.SS = 0;
    return undefined;
  }

  /** A synchronous exception of the current instruction that was not executed: when it is again, it is stepped. */
  notExecuted(): void {
    if (this.advanced) this.cpu.state.SS = 1;
    this.advanced = false;
  }

  /** An exception was taken or returned from. */
  levelChanged(): void {
    this.advanced = false;
    this.stepped = undefined;
  }

  /** DebugExceptionReturnSS: PSTATE.SS behind an exception return to `level`. */
  returnSS(spsr: number, level: number): number {
    return this.mayStep && !this.enabled && this.enabledFrom(level, spsr) ? (spsr >>> 21) & 1 : 0;
  }

  // ---- breakpoints
  /** The breakpoint exception at PC. */
  breakpointAt(): GuestEvent | undefined {
    if (!this.everywhere && this.stops.length === 0) return undefined;
    const { pc, currentEL, CONTEXTIDR_EL1 } = this.cpu.state;
    const matches = ({ breakpoints }: DebugComparators): boolean =>
      breakpoints.some(b => breakpointMatches(b, pc, currentEL === 0, CONTEXTIDR_EL1));
    if (matches(this.outers)) return outside(breakpoint());
    return this.enabled && matches(this.own) ? this.owned(breakpoint()) : undefined;
  }

  // ---- watchpoints
  get watched(): readonly (readonly [first: bigint, bytes: bigint])[] {
    return [...this.own.watchpoints, ...this.outers.watchpoints].map(({ first, bytes }) => [first, bytes]);
  }

  access(va: bigint, bytes: number, kind: Exclude<AccessKind, 'fetch'> | 'modify', unprivileged: boolean): GuestEvent | undefined {
    const hit = this.find(this.outers, va, bytes, kind, unprivileged);
    if (hit) return outside(hit);
    const own = this.own.watchpoints.length > 0 && this.enabled ? this.find(this.own, va, bytes, kind, unprivileged) : undefined;
    return own && this.owned(own);
  }

  private find({ watchpoints }: DebugComparators, va: bigint, bytes: number, kind: keyof typeof lscOf, unprivileged: boolean): ExceptionEvent | undefined {
    const { currentEL, UAO, CONTEXTIDR_EL1 } = this.cpu.state;
    const EL0 = currentEL === 0 || (unprivileged && UAO === 0);
    for (const w of watchpoints) {
      const offset = watchpointMatches(w, va, bytes, lscOf[kind], EL0, CONTEXTIDR_EL1);
      // Between the lowest address of the access and the highest that is watched (D2.10.5): the first byte that is. WnR of an
      // atomic access is 0 where a read would have matched.
      if (offset !== undefined) return watchpoint(va + BigInt(offset), kind === 'write' || (kind === 'modify' && !(w.LSC & LOAD)));
    }
    return undefined;
  }

  // ---- whose they are
  /** A debug exception that is the guest's. */
  owned(event: ExceptionEvent): GuestEvent {
    return this.outer.takesAll || (isBreakInstruction(event) && this.outer.BRK) ? outside(event) : event;
  }
}

const noResources = { breakpoints: 0, watchpoints: 0, contextBreakpoints: 0 };

/** To EL2, where debuggers outside are: from a lower level always. */
const outside = (event: ExceptionEvent): ExitEvent => new ExitEvent({ kind: 'debug', esr: syndromeFromBelow(event), far: event.far ?? 0n }, false);
