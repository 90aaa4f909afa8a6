/** Cases in which QEMU's user mode rightly does something else than we do. Every entry says why. */
import type { Outcome } from '../../test/engines/engine.ts';
import { firstFaultDeviation } from './aarch64/first-fault.ts';
import type { SeededCase } from './cases.ts';

interface Skip {
  readonly reason: string;
  readonly applies: (c: SeededCase, ours: Outcome, theirs: Outcome) => boolean;
}

export const skips: readonly Skip[] = [
  {
    reason: 'with the monitor open it is IMPLEMENTATION DEFINED whether STXR faults (QEMU never does)',
    applies: (c, ours, theirs) => /^STX[RP]/.test(c.insn.name) && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'QEMU 7.2 lacks the alignment fault of LDAPR and LDAPUR',
    applies: (c, ours, theirs) => c.insn.name.startsWith('LDAP') && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'of several vectors, and of the halves of one, QEMU has loaded or stored some when a later one faults',
    applies: (c, ours, theirs) => /SIMD&FP\)|^LD1-LD4/.test(c.insn.name) && ours.stop === 'memory' && theirs.stop === 'memory',
  },
  {
    reason: 'of SVE\'s stores QEMU does none where one faults; elements before it may have been stored (DDI 0487, C8.2)',
    applies: (c, ours, theirs) => c.insn.name.startsWith('SVE ST') && ours.stop === 'memory' && theirs.stop === 'memory',
  },
  {
    reason: 'LDFF1 and LDNF1 (aarch64/first-fault.ts says why)',
    applies: ({ insn, words, state }) =>
      firstFaultDeviation(insn, words[0] as number, n => state.x[n] ?? state.sp, n => state.x[n] ?? 0n, n => state.p[n]!) !== undefined,
  },
  {
    reason: 'QEMU 7.2 leaves bits 31..16 of a negative FCVTZS to 16 bits set, where a write of H[d] clears them',
    applies: (c, _ours, theirs) => c.insn.name === 'FCVTZS fixed-point (SIMD scalar, 16)' && theirs.v.some(v => v >> 16n === 0xffffn),
  },
  {
    reason: 'FPToFixedJS (DDI 0487, J1) gives Z = 0 for a subnormal that was flushed to zero; QEMU gives 1',
    applies: (c, ours, theirs) => c.insn.name === 'FJCVTZS' && (c.state.fpcr & (1 << 24)) !== 0 && ours.nzcv === 0 && theirs.nzcv === 0x4000_0000,
  },
  {
    reason: 'DC ZVA is compared with a Cortex-A57, which has no FPCR.FZ16',
    applies: c => (c.insn.name === 'DC ZVA' || c.insn.name === 'MRS DCZID_EL0') && (c.state.fpcr & (1 << 19)) !== 0,
  },
  {
    reason: 'WFE and WFI end the run; in user mode they do nothing',
    applies: c => c.insn.name === 'WFE' || c.insn.name === 'WFI',
  },
  {
    reason: 'AddPAC (DDI 0487, J1) takes bit 55 for the half of the address space if either half has tags; QEMU asks the half that bit 55 names',
    applies: c => halvesDisagree(pointer(c) ?? 0n),
  },
  {
    reason: 'identification registers, counters and random numbers are each machine\'s own',
    applies: (c, ours) => c.insn.name === 'MRS' && (isOwn(systemRegister(c)) || ours.stop === 'undefined' && isCounter(systemRegister(c))),
  },
];

/** The register that an instruction of pointer authentication signs. */
function pointer({ insn, words, state }: SeededCase): bigint | undefined {
  const register = { 'PAC*/AUT*': (words[0] as number) & 31, 'PACIx1716/AUTIx1716': 17, 'PACIxZ/PACIxSP/AUTIxZ/AUTIxSP': 30 }[insn.name];
  return register === undefined ? undefined : state.x[register];
}
const halvesDisagree = (va: bigint): boolean => ((va >> 63n) & 1n) !== ((va >> 55n) & 1n);

/** op0:op1:CRn:CRm:op2 of an MRS. */
const systemRegister = (c: SeededCase): number => ((c.words[0] as number) >>> 5) & 0xffff;
const CRn = (key: number): number => (key >>> 7) & 15;
const isOwn = (key: number): boolean => CRn(key) === 0;
const isCounter = (key: number): boolean => CRn(key) === 14 || CRn(key) === 2;

export const skipped = (c: SeededCase, ours: Outcome, theirs: Outcome): boolean => skips.some(s => s.applies(c, ours, theirs));
