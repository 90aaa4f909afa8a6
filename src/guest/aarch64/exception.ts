/**
 * Exceptions to EL1: their classes and syndromes (ARM DDI 0487, D17.2.37 ESR_EL1) and how they are taken
 * (AArch64.TakeException, D1.3).
 */
import { GuestEvent } from '../../isa/arch.ts';
import type { Arm64Cpu } from './cpu.ts';
import type { Arm64Exit } from './platform.ts';
import { EVENT } from './pmu/events.ts';
import { ITAdvance, leaveAArch32 } from './aarch32/pstate.ts';
import { packPSTATE, PSTATE_DAIF, selectStack } from './pstate.ts';
import type { CpuState } from './state.ts';

/** Exception classes. Of those in pairs the first is from a lower exception level; from EL1 it is one more. */
export const EC = {
  Unknown: 0x00,
  WFx: 0x01,
  // Of AArch32: MCR and MRC, MCRR and MRRC of CP15; MCR and MRC, LDC and STC, MRRC of CP14.
  CP15: 0x03,
  CP15_64: 0x04,
  CP14: 0x05,
  CP14_LDC: 0x06,
  FPAccess: 0x07,
  CP14_64: 0x0c,
  BranchTarget: 0x0d,
  IllegalState: 0x0e,
  SVC32: 0x11,
  SVC: 0x15,
  HVC: 0x16,
  SMC: 0x17,
  SystemRegister: 0x18,
  SVEAccess: 0x19,
  PACFail: 0x1c,
  InstructionAbort: 0x20,
  PCAlignment: 0x22,
  DataAbort: 0x24,
  SPAlignment: 0x26,
  SError: 0x2f,
  Breakpoint: 0x30,
  SoftwareStep: 0x32,
  Watchpoint: 0x34,
  BKPT32: 0x38,
  BRK: 0x3c,
} as const;

const paired: ReadonlySet<number> = new Set([EC.InstructionAbort, EC.DataAbort, EC.Breakpoint, EC.SoftwareStep, EC.Watchpoint]);
/**
 * Those that come before the instruction and save what the branch to it left. In SPSR_EL1 of the others it is valid or zero
 * (J1.1, AArch64.TakeException): we choose zero.
 */
const savesBTYPE: ReadonlySet<number> = new Set([
  EC.BranchTarget,
  EC.IllegalState,
  EC.InstructionAbort,
  EC.PCAlignment,
  EC.Breakpoint,
  EC.SoftwareStep,
  EC.BRK,
]);
const classNames = new Map<number, string>(Object.entries(EC).map(([name, ec]) => [ec, name]));

/** Instructions are 32 bits; for classes without an instruction IL is 1 as well. */
const ESR_IL = 1 << 25;
/** Vector offsets of the four kinds. */
const vectors = { sync: 0x000, IRQ: 0x080, FIQ: 0x100, SError: 0x180 } as const;
type VectorKind = keyof typeof vectors;

/** CV, and COND of an instruction that is run: AArch32's, too, whose condition has passed. */
export const ISS_COND_ALWAYS = (1 << 24) | (0xe << 20);
const SCTLR_SPAN = 1n << 23n;
const SCTLR_DSSBS = 1n << 44n;

/** A synchronous exception to EL1. The preferred return address is the instruction, or for SVC the next one. */
export class ExceptionEvent extends GuestEvent {
  readonly ec: number;
  readonly iss: number;
  /** What FAR_EL1 gets; undefined leaves it. */
  readonly far: bigint | undefined;
  readonly returnsBehind: boolean;
  /** Of a T32 instruction of one halfword. */
  readonly narrow: boolean;

  constructor(ec: number, iss: number, far?: bigint, returnsBehind = false, narrow = false) {
    super();
    this.ec = ec;
    this.iss = iss;
    this.far = far;
    this.returnsBehind = returnsBehind;
    this.narrow = narrow;
  }

  describe(): string {
    const far = this.far === undefined ? '' : ` FAR 0x${this.far.toString(16)}`;
    return `${classNames.get(this.ec) ?? 'exception'} (EC 0x${this.ec.toString(16)}) ISS 0x${this.iss.toString(16)}${far}`;
  }
}

/** The CPU leaves to whoever runs it. */
export class ExitEvent extends GuestEvent {
  readonly exit: Arm64Exit;
  /** PC goes to the next instruction first. */
  readonly advance: boolean;
  /** Of the instruction. */
  readonly bytes: 2 | 4;

  constructor(exit: Arm64Exit, advance: boolean, bytes: 2 | 4 = 4) {
    super();
    this.exit = exit;
    this.advance = advance;
    this.bytes = bytes;
  }

  describe(): string {
    return `exit ${this.exit.kind}`;
  }
}

/** A DSB that has other CPUs to wait for: they are waited for where none of this CPU's code runs. */
export class BarrierEvent extends GuestEvent {
  describe(): string {
    return 'DSB';
  }
}

export const undefinedInstruction = (): ExceptionEvent => new ExceptionEvent(EC.Unknown, 0);
export const fpAccessTrap = (): ExceptionEvent => new ExceptionEvent(EC.FPAccess, ISS_COND_ALWAYS);
export const sveAccessTrap = (): ExceptionEvent => new ExceptionEvent(EC.SVEAccess, 0);
/** `instruction`: 0 WFI, 1 WFE. */
export const wfxTrap = (instruction: 0 | 1, narrow = false): ExceptionEvent =>
  new ExceptionEvent(EC.WFx, ISS_COND_ALWAYS | instruction, undefined, false, narrow);
/** The branch's type is the syndrome. */
export const branchTarget = (BTYPE: number): ExceptionEvent => new ExceptionEvent(EC.BranchTarget, BTYPE);
/** Keys IA, IB, DA, DB. */
export const pacFail = (key: number): ExceptionEvent => new ExceptionEvent(EC.PACFail, key);
export const illegalState = (): ExceptionEvent => new ExceptionEvent(EC.IllegalState, 0);
export const pcAlignment = (pc: bigint): ExceptionEvent => new ExceptionEvent(EC.PCAlignment, 0, pc);
export const spAlignment = (): ExceptionEvent => new ExceptionEvent(EC.SPAlignment, 0);
export const breakInstruction = (comment: number): ExceptionEvent => new ExceptionEvent(EC.BRK, comment);
/** BRK, or AArch32's BKPT. */
export const isBreakInstruction = ({ ec }: ExceptionEvent): boolean => ec === EC.BRK || ec === EC.BKPT32;
export const breakpoint = (): ExceptionEvent => new ExceptionEvent(EC.Breakpoint, 0x22);
/** `ISV`, `EX`: as ESR has them, EX for a stepped load-exclusive. */
export const softwareStep = (ISV: boolean, EX: boolean): ExceptionEvent =>
  new ExceptionEvent(EC.SoftwareStep, (ISV ? 1 << 24 : 0) | (EX ? 1 << 6 : 0) | 0x22);
export const watchpoint = (va: bigint, write: boolean, maintenance = false): ExceptionEvent =>
  new ExceptionEvent(EC.Watchpoint, (maintenance ? 1 << 8 : 0) | (write ? 1 << 6 : 0) | 0x22, va);

/** Fault status codes: those with a level have it in the low two bits, from level 0 on (see `atLevel`). */
export const FaultStatus = {
  AddressSize: 0x00,
  Translation: 0x04,
  AccessFlag: 0x08,
  Permission: 0x0c,
  ExternalAbort: 0x10,
  ExternalAbortOnWalk: 0x14,
  Alignment: 0x21,
  UnsupportedAtomicUpdate: 0x31,
} as const;

/** The status of a fault of a walk at this level; those of level -1 have codes of their own. */
export function atLevel(status: number, level: number): number {
  if (level >= 0) return status | level;
  return status === FaultStatus.Translation ? 0x2b : status === FaultStatus.AddressSize ? 0x29 : 0x13;
}
export const isExternalAbortOnWalk = (status: number): boolean => (status & ~3) === FaultStatus.ExternalAbortOnWalk || status === 0x13;

export const instructionAbort = (va: bigint, status: number): ExceptionEvent => new ExceptionEvent(EC.InstructionAbort, status, va);
/** ISV is 0: stage 1 faults taken to EL1 carry no syndrome of the access. */
export const dataAbort = (va: bigint, status: number, write: boolean): ExceptionEvent =>
  new ExceptionEvent(EC.DataAbort, (write ? 1 << 6 : 0) | status, va);
/** CM and WnR are 1 for cache maintenance and address translation. */
export const maintenanceAbort = (va: bigint, status: number): ExceptionEvent =>
  new ExceptionEvent(EC.DataAbort, (1 << 8) | (1 << 6) | status, va);

/** A trapped MSR, MRS or system instruction; `key` as sysregKey packs it. */
export function systemRegisterTrap(key: number, Rt: number, read: boolean): ExceptionEvent {
  const op0 = key >>> 14;
  const op1 = (key >>> 11) & 7;
  const CRn = (key >>> 7) & 15;
  const CRm = (key >>> 3) & 15;
  const op2 = key & 7;
  return new ExceptionEvent(
    EC.SystemRegister,
    (op0 << 20) | (op2 << 17) | (op1 << 14) | (CRn << 10) | (Rt << 5) | (CRm << 1) | (read ? 1 : 0),
  );
}

/** What ESR_ELx says of `event` when it is taken from where the CPU is now. */
export function syndrome(state: CpuState, event: ExceptionEvent): bigint {
  const ec = paired.has(event.ec) && state.currentEL === 1 ? event.ec + 1 : event.ec;
  return BigInt(((ec << 26) | (event.narrow ? 0 : ESR_IL) | event.iss) >>> 0);
}

/** The same of an exception to a higher level than EL1. */
export const syndromeFromBelow = ({ ec, iss, narrow }: ExceptionEvent): bigint => BigInt(((ec << 26) | (narrow ? 0 : ESR_IL) | iss) >>> 0);

/** Takes a synchronous exception whose instruction is at `pc`; PC becomes the vector. */
export function takeException(cpu: Arm64Cpu, event: ExceptionEvent, pc: bigint): void {
  const { state } = cpu;
  cpu.pmu.account(event.returnsBehind ? 1 : 0);
  if (event.far !== undefined) state.FAR_EL1 = event.far;
  state.ESR_EL1 = syndrome(state, event);
  if (cpu.env.log.on('int')) {
    cpu.env.log.write('int', `${event.describe()} at 0x${pc.toString(16)} EL${state.currentEL}, ESR 0x${state.ESR_EL1.toString(16)}`);
  }
  if (!savesBTYPE.has(event.ec)) state.BTYPE = 0;
  // Of a stepped SVC the step is done (SSAdvance).
  if (event.returnsBehind && cpu.debug.followsMasks) state.SS = 0;
  if (!event.returnsBehind) return enterEL1(cpu, 'sync', pc, pc);
  const bytes = event.narrow ? 2n : 4n;
  if (state.nRW) ITAdvance(state);
  enterEL1(cpu, 'sync', pc, BigInt.asUintN(64, pc + bytes));
}

/** Takes an interrupt or SError between two instructions. */
export function takeAsynchronous(cpu: Arm64Cpu, kind: 'IRQ' | 'FIQ' | 'SError', syndrome = 0): void {
  const { state } = cpu;
  cpu.pmu.account();
  if (kind === 'SError') state.ESR_EL1 = BigInt(((EC.SError << 26) | ESR_IL | syndrome) >>> 0);
  if (cpu.env.log.on('int')) cpu.env.log.write('int', `${kind} at 0x${state.pc.toString(16)} EL${state.currentEL}`);
  enterEL1(cpu, kind, state.pc, state.pc);
}

function enterEL1(cpu: Arm64Cpu, kind: VectorKind, pc: bigint, returnAddress: bigint): void {
  const { state, model } = cpu;
  const from = state.currentEL === 0 ? (state.nRW ? 0x600 : 0x400) : state.SPSel ? 0x200 : 0x000;
  state.SPSR_EL1 = BigInt(packPSTATE(state, pc));
  state.ELR_EL1 = returnAddress;
  leaveAArch32(state);
  selectStack(state, 1, 1);
  state.daif = PSTATE_DAIF;
  state.SS = 0;
  state.IL = 0;
  state.BTYPE = 0;
  state.UAO = 0;
  const control = state.SCTLR_EL1;
  if (model.features.has('PAN') && !(control & SCTLR_SPAN)) state.PAN = 1;
  if (model.features.has('SSBS')) state.SSBS = control & SCTLR_DSSBS ? 1 : 0;
  state.pc = state.VBAR_EL1 + BigInt(from + vectors[kind]);
  cpu.debug.levelChanged();
  cpu.pmu.event(EVENT.EXC_TAKEN);
  cpu.modeChanged();
}
