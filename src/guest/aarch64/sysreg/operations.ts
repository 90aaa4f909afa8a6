/** System instructions, SYS with a name: cache and TLB maintenance, address translation. ARM DDI 0487, C5.3 to C5.5. */
import type { Arm64Cpu } from '../cpu.ts';
import { EC, ExceptionEvent, isExternalAbortOnWalk, systemRegisterTrap, undefinedInstruction } from '../exception.ts';
import type { AccessKind } from '../../../isa/arch.ts';
import { asEL0, asEL1, asEL1PAN, type Privilege } from '../mmu.ts';
import { sysregKey } from '../platform.ts';
import { encodingName } from './register.ts';
import { tlbMaintenance } from './tlbi.ts';

export interface SystemOperation {
  /** As objdump spells it: `dc\tcivac`. */
  readonly name: string;
  readonly key: number;
  /** Takes an address or a value in Xt. */
  readonly operand: boolean;
  readonly feature?: string;
  /** EL0 may use it where this bit of SCTLR_EL1 is set, and traps where it isn't. */
  readonly EL0?: bigint;
  readonly run: (cpu: Arm64Cpu, value: bigint) => void;
}

/** Bytes of a line of the instruction cache, in every model (CTR_EL0.IminLine). */
const LINE = 64;
const SCTLR_UCI = 1n << 26n;
const SCTLR_EnRCTX = 1n << 10n;

type Op = readonly [op1: number, CRm: number, op2: number];
const cacheKey = ([op1, CRm, op2]: Op): number => sysregKey(1, op1, 7, CRm, op2);

/** Caches are not modelled: by set and way, and all of them, there is nothing to do. */
const wholeCache = (name: string, op: Op, operand: boolean): SystemOperation => ({ name, key: cacheKey(op), operand, run: () => {} });

/** What is stored is seen as code by who stored it without this, but maybe not by other CPUs. */
const instructionCache = (name: string, op: Op): SystemOperation => ({ name, key: cacheKey(op), operand: false, run: cpu => cpu.env.codeChanged?.(0, undefined) });
const instructionLine: SystemOperation = {
  name: 'ic\tivau',
  key: cacheKey([3, 5, 1]),
  operand: true,
  EL0: SCTLR_UCI,
  run: (cpu, va) => {
    const pa = cpu.mmu.translateForMaintenance(va, 'read', cpu.privilege(false));
    cpu.env.codeChanged?.(pa - (pa % LINE), LINE);
  },
};

/** By address: it does nothing but fault where the translation does. */
const byAddress = (name: string, op: Op, kind: AccessKind, EL0: boolean, feature?: string): SystemOperation => ({
  name,
  operand: true,
  key: cacheKey(op),
  ...(EL0 ? { EL0: SCTLR_UCI } : {}),
  ...(feature ? { feature } : {}),
  run: (cpu, va) => {
    cpu.mmu.translateForMaintenance(va, kind, cpu.privilege(false));
  },
});

const cacheMaintenance: readonly SystemOperation[] = [
  instructionCache('ic\tialluis', [0, 1, 0]),
  wholeCache('ic\tiallu', [0, 5, 0], false),
  instructionLine,
  byAddress('dc\tivac', [0, 6, 1], 'write', false),
  wholeCache('dc\tisw', [0, 6, 2], true),
  wholeCache('dc\tcsw', [0, 10, 2], true),
  wholeCache('dc\tcisw', [0, 14, 2], true),
  byAddress('dc\tcvac', [3, 10, 1], 'read', true),
  byAddress('dc\tcvau', [3, 11, 1], 'read', true),
  byAddress('dc\tcvap', [3, 12, 1], 'read', true, 'DPB'),
  byAddress('dc\tcvadp', [3, 13, 1], 'read', true, 'DPB2'),
  byAddress('dc\tcivac', [3, 14, 1], 'read', true),
];

/** Predictions are made by nobody here: there is nothing to restrict. */
const restriction = (name: string, op2: number): SystemOperation => ({
  name: `${name}\trctx`,
  key: cacheKey([3, 3, op2]),
  operand: true,
  feature: 'SPECRES',
  EL0: SCTLR_EnRCTX,
  run: () => {},
});
const predictionRestriction: readonly SystemOperation[] = [restriction('cfp', 4), restriction('dvp', 5), restriction('cpp', 7)];

const PAR_F = 1n;
/** Bit 11 is RES1, NS (bit 9) is 1 for a Non-secure state. */
const PAR_RES1 = 1n << 11n;
const PAR_NS = 1n << 9n;
const OUTER_SHAREABLE = 2;

/** AArch64.AT, AArch64.EncodePAR. An external abort on the walk is an exception, not an answer. */
function translateToPAR(cpu: Arm64Cpu, va: bigint, kind: AccessKind, privilege: Privilege): void {
  const answer = cpu.mmu.probe(va, kind, privilege);
  if (typeof answer === 'number') {
    if (isExternalAbortOnWalk(answer)) throw new ExceptionEvent(EC.DataAbort, (1 << 8) | (1 << 6) | answer, va);
    cpu.state.PAR_EL1 = PAR_F | (BigInt(answer) << 1n) | PAR_RES1;
    return;
  }
  // Device memory and what is cached nowhere is Outer Shareable whatever the descriptor says.
  const SH = answer.MAIR >>> 4 === 0 || answer.MAIR === 0x44 ? OUTER_SHAREABLE : answer.SH;
  cpu.state.PAR_EL1 = (BigInt(answer.MAIR) << 56n) | ((BigInt(answer.pa) >> 12n) << 12n) | PAR_RES1 | PAR_NS | (BigInt(SH) << 7n);
}

const AT = (
  name: string,
  CRm: number,
  op2: number,
  kind: AccessKind,
  privilege: (cpu: Arm64Cpu) => Privilege,
  feature?: string,
): SystemOperation => ({
  name: `at\t${name}`,
  operand: true,
  key: sysregKey(1, 0, 7, CRm, op2),
  ...(feature ? { feature } : {}),
  run: (cpu, va) => translateToPAR(cpu, va, kind, privilege(cpu)),
});

const currentPAN = (cpu: Arm64Cpu): Privilege => (cpu.state.PAN ? asEL1PAN : asEL1);

const addressTranslation: readonly SystemOperation[] = [
  AT('s1e1r', 8, 0, 'read', () => asEL1),
  AT('s1e1w', 8, 1, 'write', () => asEL1),
  AT('s1e0r', 8, 2, 'read', () => asEL0),
  AT('s1e0w', 8, 3, 'write', () => asEL0),
  AT('s1e1rp', 9, 0, 'read', currentPAN, 'PAN2'),
  AT('s1e1wp', 9, 1, 'write', currentPAN, 'PAN2'),
];

export const systemOperations: readonly SystemOperation[] = [...cacheMaintenance, ...predictionRestriction, ...addressTranslation, ...tlbMaintenance];
const operations = new Map(systemOperations.map(o => [o.key, o]));

export const findOperation = (key: number): SystemOperation | undefined => operations.get(key);

/** SYS. Throws an ExceptionEvent where it isn't allowed or faults. */
export function systemOperation(cpu: Arm64Cpu, key: number, Rt: number, value: bigint): void {
  const o = operations.get(key);
  if (!o || (o.feature !== undefined && !cpu.model.features.has(o.feature))) {
    cpu.unimplemented(() => `system instruction ${encodingName(key)}`);
    throw undefinedInstruction();
  }
  if (cpu.state.currentEL === 0) {
    if (o.EL0 === undefined) throw undefinedInstruction();
    if (!(cpu.state.SCTLR_EL1 & o.EL0)) throw systemRegisterTrap(key, Rt, false);
  }
  o.run(cpu, value);
}
