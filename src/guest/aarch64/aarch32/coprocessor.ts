/**
 * The System registers that EL0 reaches in AArch32, by their names in CP14 and CP15 (ARM DDI 0487, G7.4 and G8), as what they are in
 * AArch64, and how accesses to them trap to EL1 (D17.2.37). All else is UNDEFINED at EL0, Jazelle's and ThumbEE's registers too.
 */
import type { Arm64Cpu } from '../cpu.ts';
import { EC, ExceptionEvent, ISS_COND_ALWAYS, undefinedInstruction } from '../exception.ts';
import { sysregKey } from '../platform.ts';
import { systemOperation } from '../sysreg/operations.ts';
import { findRegister, readRegister, writeRegister } from '../sysreg/table.ts';

/** MCR and MRC. */
export type Access = Readonly<Record<'cp' | 'opc1' | 'CRn' | 'CRm' | 'opc2' | 'Rt', number>>;
/** MCRR and MRRC. */
export type LongAccess = Readonly<Record<'cp' | 'opc1' | 'CRm' | 'Rt' | 'Rt2', number>>;

const PC = 15;
/** Rt of an access to the flags. */
const RtOf = (Rt: number): number => (Rt === PC ? 31 : Rt);

const trap = ({ cp, opc1, CRn, CRm, opc2, Rt }: Access, read: boolean): ExceptionEvent =>
  new ExceptionEvent(cp === 15 ? EC.CP15 : EC.CP14,
    ISS_COND_ALWAYS | (opc2 << 17) | (opc1 << 14) | (CRn << 10) | (RtOf(Rt) << 5) | (CRm << 1) | (read ? 1 : 0));
const longTrap = ({ cp, opc1, CRm, Rt, Rt2 }: LongAccess, read: boolean): ExceptionEvent =>
  new ExceptionEvent(cp === 15 ? EC.CP15_64 : EC.CP14_64,
    ISS_COND_ALWAYS | (opc1 << 16) | (Rt2 << 10) | (Rt << 5) | (CRm << 1) | (read ? 1 : 0));

/** Does what AArch64 does; where that traps the access, `instead` is the exception. */
function trapping<T>(instead: () => ExceptionEvent, access: () => T): T {
  try {
    return access();
  } catch (e) {
    throw e instanceof ExceptionEvent && e.ec === EC.SystemRegister ? instead() : e;
  }
}

// ---- CP15: op0 and op1 of AArch64 are 3, 3, and the other numbers are the same
const key = (CRn: number, CRm: number, op2: number): number => sysregKey(3, 3, CRn, CRm, op2);
const PMCCNTR = key(9, 13, 0);
const PMXEVCNTR = key(9, 13, 2);
const PMCEID = [key(9, 12, 6), key(9, 12, 7)] as const;

const plain: ReadonlySet<number> = new Set([
  key(13, 0, 2), key(13, 0, 3),
  key(14, 0, 0), key(14, 2, 0), key(14, 2, 1), key(14, 3, 0), key(14, 3, 1),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map(op2 => key(9, 12, op2)),
  key(9, 13, 0), key(9, 13, 1), key(9, 13, 2), key(9, 14, 0), key(9, 14, 3),
  // PMEVCNTR0 to 30, PMEVTYPER0 to 30, PMCCFILTR.
  ...Array.from({ length: 64 }, (_, n) => key(14, 8 + (n >> 3), n & 7)),
]);
/** What has 64 bits in AArch64, of which a write leaves the upper ones. */
const isWide = (k: number): boolean => k === PMCCNTR || k === PMXEVCNTR || (k >= key(14, 8, 0) && k <= key(14, 11, 7));

/** CFPRCTX, DVPRCTX, CPPRCTX. */
const isRestriction = ({ opc1, CRn, CRm, opc2 }: Access): boolean =>
  opc1 === 0 && CRn === 7 && CRm === 3 && (opc2 === 4 || opc2 === 5 || opc2 === 7);

function keyOf(a: Access): number {
  const k = key(a.CRn, a.CRm, a.opc2);
  if (a.opc1 !== 0 || !plain.has(k)) throw undefinedInstruction();
  return k;
}

function readCP15(cpu: Arm64Cpu, a: Access): bigint {
  // PMCEID2 and 3 are upper halves.
  const upper = a.opc1 === 0 && a.CRn === 9 && a.CRm === 14 ? PMCEID[a.opc2 - 4] : undefined;
  if (upper === undefined) return readRegister(cpu, keyOf(a), a.Rt);
  if (!cpu.model.features.has('PMUv3p1')) throw undefinedInstruction();
  return readRegister(cpu, upper, a.Rt) >> 32n;
}

function writeCP15(cpu: Arm64Cpu, a: Access, value: bigint): void {
  if (isRestriction(a)) return systemOperation(cpu, sysregKey(1, 3, a.CRn, a.CRm, a.opc2), a.Rt, value);
  const k = keyOf(a);
  const upper = isWide(k) ? ((findRegister(k)?.read?.(cpu) ?? 0n) >> 32n) << 32n : 0n;
  writeRegister(cpu, k, a.Rt, upper | value);
}

/** By opc1: PMCCNTR with CRm 9; CNTPCT, CNTVCT, CNTP_CVAL and CNTV_CVAL with 14. */
function longKey({ opc1, CRm }: LongAccess): number {
  if (CRm === 9 && opc1 === 0) return PMCCNTR;
  const k = CRm === 14 ? [key(14, 0, 1), key(14, 0, 2), key(14, 2, 2), key(14, 3, 2)][opc1] : undefined;
  if (k === undefined) throw undefinedInstruction();
  return k;
}

// ---- CP14: the debug communications channel, which MDSCR_EL1.TDCC traps, and what identifies the debug unit
const MDCCSR_EL0 = sysregKey(2, 3, 0, 1, 0);
const DBGDTR_EL0 = sysregKey(2, 3, 0, 5, 0);

/** WRPs, BRPs, CTX_CMPs, Version, and what is fixed: no Secure debug of its own. */
function DBGDIDR({ model, state }: Arm64Cpu): bigint {
  const { watchpoints, breakpoints, contextBreakpoints } = model;
  // ID_AA64DFR0_EL1.DebugVer.
  const version = Number((state.ID[5 << 3] ?? 0n) & 15n);
  const counts = ((watchpoints - 1) << 28) | ((breakpoints - 1) << 24) | ((contextBreakpoints - 1) << 20);
  return BigInt((counts | (version << 16) | 0xd000) >>> 0);
}

function readCP14(cpu: Arm64Cpu, { opc1, CRn, CRm, opc2, Rt }: Access): bigint {
  if (opc1 !== 0 || opc2 !== 0) throw undefinedInstruction();
  const status = readRegister(cpu, MDCCSR_EL0, Rt);
  if (CRn === 0 && CRm === 1) return status;
  if (CRn === 0 && CRm === 5) return readRegister(cpu, DBGDTR_EL0, Rt);
  if (CRn === 0 && CRm === 0) return DBGDIDR(cpu);
  // DBGDRAR and DBGDSAR: there is no ROM table, and no memory-mapped debug unit.
  if ((CRn === 1 || CRn === 2) && CRm === 0) return 0n;
  throw undefinedInstruction();
}

function writeCP14(cpu: Arm64Cpu, { opc1, CRn, CRm, opc2, Rt }: Access, value: bigint): void {
  if (opc1 !== 0 || CRn !== 0 || CRm !== 5 || opc2 !== 0) throw undefinedInstruction();
  writeRegister(cpu, DBGDTR_EL0, Rt, value);
}

// ---- what instructions do
/** MRC: 32 bits. Of the flags only DBGDSCRint's can be asked for (insn/coprocessor.ts). */
export const readCoprocessor = (cpu: Arm64Cpu, a: Access): bigint =>
  trapping(() => trap(a, true), () => BigInt.asUintN(32, (a.cp === 15 ? readCP15 : readCP14)(cpu, a)));

/** MCR. */
export const writeCoprocessor = (cpu: Arm64Cpu, a: Access, value: bigint): void =>
  trapping(() => trap(a, false), () => (a.cp === 15 ? writeCP15 : writeCP14)(cpu, a, value));

/** MRRC: 64 bits. */
export const readLong = (cpu: Arm64Cpu, a: LongAccess): bigint =>
  trapping(() => longTrap(a, true), () => {
    if (a.cp === 15) return readRegister(cpu, longKey(a), a.Rt);
    readRegister(cpu, MDCCSR_EL0, a.Rt);
    if (a.opc1 === 0 && (a.CRm === 1 || a.CRm === 2)) return 0n;
    throw undefinedInstruction();
  });

/** MCRR. */
export const writeLong = (cpu: Arm64Cpu, a: LongAccess, value: bigint): void =>
  trapping(() => longTrap(a, false), () => {
    if (a.cp !== 15) throw undefinedInstruction();
    writeRegister(cpu, longKey(a), a.Rt, value);
  });

/** LDC to DBGDTRTXint, STC of DBGDTRRXint: what is stored. `access`: the syndrome but for CV and COND. */
export const channel = (cpu: Arm64Cpu, access: number): bigint =>
  trapping(() => new ExceptionEvent(EC.CP14_LDC, ISS_COND_ALWAYS | access), () => readRegister(cpu, DBGDTR_EL0, 0));
