/** An AArch64 processing element with EL0 and EL1: what generated code asks of its CPU. */
import { type AccessKind, type CpuEnv, GuestEvent, type GuestCpu, type GuestExit, type Translation } from '../../isa/arch.ts';
import {
  BarrierEvent,
  dataAbort,
  ExceptionEvent,
  ExitEvent,
  FaultStatus,
  fpAccessTrap,
  illegalState,
  instructionAbort,
  isBreakInstruction,
  pcAlignment,
  sveAccessTrap,
  systemRegisterTrap,
  takeAsynchronous,
  takeException,
  undefinedInstruction,
} from './exception.ts';
import { DebugUnit } from './debug/unit.ts';
import { setFpFast } from './fp/status.ts';
import { asEL0, asEL1, asEL1PAN, Mmu, type Privilege } from './mmu.ts';
import { aarch32Key } from './aarch32/mode.ts';
import { advance, M_nRW, returnAddress } from './aarch32/pstate.ts';
import { modeKey, modeOfFeatures, sveEnabled } from './mode.ts';
import type { CpuModel } from './models.ts';
import type { Arm64Platform } from './platform.ts';
import { PointerAuthentication } from './pauth/pauth.ts';
import { EVENT } from './pmu/events.ts';
import { PerformanceMonitors } from './pmu/monitors.ts';
import {
  currentBTYPE,
  PSTATE_A,
  PSTATE_DAIF,
  PSTATE_F,
  PSTATE_I,
  isIllegalReturn,
  packPSTATE,
  setBTYPE,
  unpackPSTATE,
  knownSPSR,
} from './pstate.ts';
import { type CpuState, fields, layout } from './state.ts';
import { identify } from './sysreg/identification.ts';
import { resetSystemRegisters } from './sysreg/table.ts';
import { receiveMaintenance } from './sysreg/tlbi.ts';

export interface Arm64CpuOptions {
  readonly platform: Arm64Platform;
  /** Affinity fields of MPIDR_EL1. */
  readonly mpidr: bigint;
  /** The platform has a GICv3 CPU interface (ID_AA64PFR0_EL1.GIC). */
  readonly gicSystemRegisters: boolean;
  /** HLT 0xF000 is a semihosting call at EL1, or at EL0 as well, else UNDEFINED. */
  readonly semihosting: boolean | 'userspace';
}

/** Lines of Arm64Platform.lines(). */
const LINE_IRQ = 1;
const LINE_FIQ = 2;
const LINE_SERROR = 4;

/** SEV as it is broadcast; TLB maintenance has its keys. */
export const SEND_EVENT = 1;

const DISR_A = 1n << 31n;

export class Arm64Cpu implements GuestCpu {
  readonly env: CpuEnv;
  model: CpuModel;
  readonly options: Arm64CpuOptions;
  readonly platform: Arm64Platform;
  readonly state: CpuState;
  readonly mmu: Mmu;
  readonly pauth: PointerAuthentication;
  readonly pmu: PerformanceMonitors;
  readonly debug: DebugUnit;
  /** The bits of an SPSR that it has. */
  private readonly knownSPSR: (spsr: number) => number;
  /** The bits of the mode that its features allow. */
  private ownMode: number;
  /** Where the low words of control registers lie: a mode key is asked for at every exception. */
  private readonly words: Uint32Array;
  private readonly controls: { readonly SCTLR: number; readonly CPACR: number };

  constructor(env: CpuEnv, model: CpuModel, options: Arm64CpuOptions) {
    this.env = env;
    this.model = model;
    this.options = options;
    this.platform = options.platform;
    this.state = layout.view(env.arena, env.base);
    this.words = env.arena.u32;
    this.controls = { SCTLR: (env.base + fields.SCTLR_EL1.offset) >>> 2, CPACR: (env.base + fields.CPACR_EL1.offset) >>> 2 };
    this.mmu = new Mmu(env, model);
    this.pauth = new PointerAuthentication(this.state, () => this.mmu.halves, model);
    this.pmu = new PerformanceMonitors(this);
    this.debug = new DebugUnit(this);
    this.knownSPSR = knownSPSR(model.features);
    this.ownMode = modeOfFeatures(model.features);
    if (env.arena.attached) {
      this.stateChanged();
      return;
    }
    identify(this);
    this.reset();
  }

  /**
   * Takes features of system registers away (the monitors, pointer authentication), or gives back those that the CPU was
   * made with: instructions stay as they are. Before a reset.
   */
  setModel(model: CpuModel): void {
    this.model = model;
    this.ownMode = modeOfFeatures(model.features);
    identify(this);
  }

  /** Cold reset into EL1 at address 0, with everything masked and the MMU off. */
  reset(): void {
    const { state } = this;
    state.x.fill(0n);
    state.v.fill(0n);
    state.p.fill(0);
    state.spBank.fill(0n);
    state.pc = 0n;
    unpackPSTATE(state, PSTATE_DAIF | 5, state.pc, false);
    state.interruptHeld = 0;
    state.serrorPending = 0;
    state.eventRegister = 0;
    state.FPCR = 0;
    state.FPSR = 0;
    state.monitorAddress = 0xffff_ffff_ffff_ffffn;
    resetSystemRegisters(this);
    this.stateChanged();
  }

  /** The state was written from outside (a snapshot, a debugger): everything that is derived from it is made again. */
  stateChanged(): void {
    this.fpChanged();
    this.pauth.forget();
    this.pmu.changed();
    this.debug.update();
    this.controlsChanged();
    this.mmu.invalidateAll();
    this.env.interruptsChanged();
  }

  tallyLimit(): number {
    return this.pmu.limit();
  }

  modeKey(): number {
    const { state, words } = this;
    const SCTLR = words[this.controls.SCTLR] as number;
    const CPACR = words[this.controls.CPACR] as number;
    if (state.nRW) return aarch32Key(SCTLR, CPACR, state.FPCR, state.IL, state.T, state.E, state.ITSTATE);
    return this.ownMode & modeKey(SCTLR, CPACR, state.FPCR, state.currentEL, state.SPSel, state.IL);
  }

  spaceKey(): bigint {
    return this.mmu.spaceKey();
  }

  /** EL1's own half is TTBR1_EL1's. */
  upperSpaceKey(): bigint | undefined {
    return this.state.currentEL === 0 ? undefined : this.mmu.upperSpaceKey();
  }

  inUpperSpace(high: number): boolean {
    return ((high >>> 23) & 1) !== 0;
  }

  /** 0 EL0, 1 EL1, 2 EL1 with PAN; 3 while PSTATE.IL is set, where no instruction can be fetched. */
  mmuIndex(unprivileged: boolean): number {
    const { state } = this;
    if (state.IL) return 3;
    if (state.currentEL === 0 || (unprivileged && !state.UAO)) return 0;
    return state.PAN ? 2 : 1;
  }

  /** Whose rights a data access has. */
  privilege(unprivileged: boolean): Privilege {
    const { state } = this;
    if (state.currentEL === 0 || (unprivileged && !state.UAO)) return asEL0;
    return state.PAN ? asEL1PAN : asEL1;
  }

  translate(va: bigint, kind: AccessKind, unprivileged: boolean): Translation {
    if (kind !== 'fetch') return this.mmu.translate(va, kind, this.privilege(unprivileged));
    return this.translateFetch(va);
  }

  private translateFetch(tagged: bigint): Translation {
    if (this.state.nRW) return this.translateFetch32(tagged);
    // Branches to registers leave a tag for here: no code is known by a tagged address.
    const va = this.branchAddress(tagged);
    if (va !== tagged) {
      setBTYPE(this.state, va, currentBTYPE(this.state, tagged));
      this.state.pc = va;
    }
    if (va & 3n) throw pcAlignment(va);
    const translation = this.mmu.translate(va, 'fetch', this.state.currentEL === 0 ? asEL0 : asEL1);
    if (this.state.IL) throw this.debug.breakpointAt() ?? illegalState();
    return translation;
  }

  /** AArch32's PC has 32 bits. */
  private translateFetch32(wide: bigint): Translation {
    const { state } = this;
    const va = BigInt.asUintN(32, wide);
    if (va !== wide && wide === state.pc) state.pc = va;
    if (va & (state.T ? 1n : 3n)) throw pcAlignment(va);
    const translation = this.mmu.translate(va, 'fetch', asEL0);
    if (state.IL) throw this.debug.breakpointAt() ?? illegalState();
    return translation;
  }

  externalAbort(va: bigint, kind: AccessKind, _unprivileged: boolean): GuestEvent {
    return kind === 'fetch' ? instructionAbort(va, FaultStatus.ExternalAbort) : dataAbort(va, FaultStatus.ExternalAbort, kind === 'write');
  }

  alignmentFault(va: bigint, kind: AccessKind, _unprivileged: boolean): GuestEvent {
    return kind === 'fetch' ? pcAlignment(va) : dataAbort(va, FaultStatus.Alignment, kind === 'write');
  }

  undefinedInstruction(word: number): GuestEvent {
    this.unimplemented(() => `no instruction 0x${(word >>> 0).toString(16).padStart(8, '0')}`);
    return undefinedInstruction();
  }

  requirementEvent(requires: string, word: number): GuestEvent {
    if (requires === 'SVE') return this.sveEvent();
    if (requires === 'FP') return this.model.features.has('FP') ? fpAccessTrap() : undefinedInstruction();
    if (requires !== 'DAIF' && requires !== 'ZVA') return undefinedInstruction();
    // MSR (immediate) is op0 0 with Rt 31, as the word has it.
    return systemRegisterTrap((word >>> 5) & 0xffff, word & 31, ((word >>> 21) & 1) === 1);
  }

  /** CheckSVEEnabled: SVE's own trap goes before that of SIMD&FP. */
  private sveEvent(): GuestEvent {
    if (!this.model.features.has('SVE')) return undefinedInstruction();
    return this.sveTrapped() ? sveAccessTrap() : fpAccessTrap();
  }

  /** CPACR_EL1.ZEN traps SVE at this exception level. */
  sveTrapped(): boolean {
    return !sveEnabled(Number(this.state.CPACR_EL1), this.state.currentEL !== 0);
  }

  deliver(event: GuestEvent): GuestExit | undefined {
    const { state } = this;
    if (event instanceof ExceptionEvent) {
      this.debug.notExecuted();
      const owned = isBreakInstruction(event) ? this.debug.owned(event) : event;
      if (owned instanceof ExitEvent) return owned.exit;
      takeException(this, event, state.pc);
      return undefined;
    }
    if (event instanceof BarrierEvent) {
      advance(state, 4);
      this.env.awaitBroadcasts?.();
      return undefined;
    }
    if (!(event instanceof ExitEvent)) throw event;
    if (event.advance) advance(state, event.bytes);
    else this.debug.notExecuted();
    return event.exit;
  }

  /** Interrupt lines, with the SError that is pending here. */
  lines(): number {
    return this.platform.lines() | (this.state.serrorPending ? LINE_SERROR : 0);
  }

  /** Whether an interrupt is pending that PSTATE doesn't mask. */
  interruptible(): boolean {
    const lines = this.lines();
    const { daif } = this.state;
    return (
      ((lines & LINE_IRQ) !== 0 && !(daif & PSTATE_I)) ||
      ((lines & LINE_FIQ) !== 0 && !(daif & PSTATE_F)) ||
      ((lines & LINE_SERROR) !== 0 && !(daif & PSTATE_A))
    );
  }

  takeInterrupt(): boolean {
    const { state } = this;
    const lines = this.lines();
    state.interruptHeld = lines === 0 && !this.debug.followsMasks ? 0 : 1;
    if (lines === 0) return false;
    const { daif } = state;
    if (lines & LINE_SERROR && !(daif & PSTATE_A)) {
      state.serrorPending = 0;
      takeAsynchronous(this, 'SError', state.serrorSyndrome);
    } else if (lines & LINE_FIQ && !(daif & PSTATE_F)) {
      takeAsynchronous(this, 'FIQ');
    } else if (lines & LINE_IRQ && !(daif & PSTATE_I)) {
      takeAsynchronous(this, 'IRQ');
    } else {
      return false;
    }
    return true;
  }

  /** A virtual SError with this syndrome (ISS of ESR_EL1) is taken as soon as PSTATE.A allows. */
  pendSError(syndrome: number): void {
    this.state.serrorPending = 1;
    this.state.serrorSyndrome = syndrome & 0x1ff_ffff;
    this.env.interruptsChanged();
  }

  /** A masked SError goes to DISR_EL1; one that isn't masked is taken before the next instruction. */
  deferSError(): void {
    const { state } = this;
    if (!state.serrorPending) return;
    if (!(state.daif & PSTATE_A)) return this.env.interruptsChanged();
    state.serrorPending = 0;
    state.DISR_EL1 = DISR_A | BigInt(state.serrorSyndrome);
  }

  receive(operation: number, value: bigint): void {
    if (operation === SEND_EVENT) this.state.eventRegister = 1;
    else receiveMaintenance(this, operation, value);
  }

  /** DAIF may have been relaxed. */
  unmasked(): void {
    if (!this.state.interruptHeld) return;
    this.env.interruptsChanged();
    if (this.debug.followsMasks) this.modeChanged();
  }

  /** AArch64.ExceptionReturn to what ELR_EL1 holds. */
  exceptionReturn(address: bigint): void {
    const { state, pmu } = this;
    pmu.account(1);
    pmu.event(EVENT.EXC_RETURN);
    const spsr = this.knownSPSR(Number(state.SPSR_EL1 & 0xffff_ffffn));
    const illegal = isIllegalReturn(spsr, this.model.features.has('AA32EL0'));
    const SS = this.debug.returnSS(spsr, illegal ? state.currentEL : (spsr >>> 2) & 3);
    state.pc = !illegal && spsr & M_nRW ? returnAddress(address, spsr) : this.branchAddress(address);
    unpackPSTATE(state, spsr, state.pc, illegal);
    state.SS = SS;
    this.debug.levelChanged();
    state.monitorAddress = 0xffff_ffff_ffff_ffffn;
    state.eventRegister = 1;
    this.unmasked();
    this.modeChanged();
  }

  /** AArch64.BranchAddr: the PC never holds a tag. */
  private branchAddress(va: bigint): bigint {
    const upper = (va >> 55n) & 1n;
    const { TCR_EL1 } = this.state;
    // TBI, and not TBID, which is there with pointer authentication only.
    const ignored = (TCR_EL1 >> (37n + upper)) & ~(TCR_EL1 >> (51n + upper)) & 1n;
    return ignored ? BigInt.asUintN(64, BigInt.asIntN(56, va)) : va;
  }

  /** PSTATE as SPSR has it (GetPSRFromPSTATE); writing it sets the exception level too. */
  get pstate(): number {
    return packPSTATE(this.state, this.state.pc);
  }
  set pstate(value: number) {
    this.pmu.account();
    unpackPSTATE(this.state, this.knownSPSR(value), this.state.pc, false);
    this.unmasked();
    this.modeChanged();
  }

  /** FPCR or FPSR was written. */
  fpChanged(): void {
    setFpFast(this.state);
    this.modeChanged();
  }

  /** EL, SPSel, PAN, UAO, IL, CPACR_EL1, a TTBR: the engine asks for keys again. */
  modeChanged(): void {
    if (this.debug.followsMasks) this.debug.refresh();
    this.env.modeChanged();
  }

  /** SCTLR_EL1, TCR_EL1 or MAIR_EL1. */
  controlsChanged(): void {
    this.mmu.configure();
    this.pauth.changed();
    this.env.modeChanged();
  }

  unimplemented(message: () => string): void {
    if (this.env.log.on('unimp')) this.env.log.write('unimp', `${message()} at 0x${this.state.pc.toString(16)} EL${this.state.currentEL}`);
  }
}
