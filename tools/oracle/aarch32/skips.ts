/** Cases in which qemu-arm rightly does something else than we do. Every entry says why, with sections of ARM DDI 0487. */
import { CODE, CPSR, ITSTATEOf, bytesOf, isT32, type Outcome } from '../../../test/aarch32/engines/engine.ts';
import type { SeededCase } from './cases.ts';

interface Skip {
  readonly reason: string;
  readonly applies: (c: SeededCase, ours: Outcome, theirs: Outcome) => boolean;
}

const inITBlock = ({ state }: SeededCase): boolean => (ITSTATEOf(state.cpsr) & 15) !== 0;
const lastInITBlock = ({ state }: SeededCase): boolean => (ITSTATEOf(state.cpsr) & 15) === 8;
const next = (c: SeededCase): number => (c.at ?? Number(CODE)) + bytesOf(c.words[0]!, isT32(c.state));

export const skips: readonly Skip[] = [
  {
    reason: 'a branch that isn\'t the last instruction of its IT block is UNPREDICTABLE (F1.2.1)',
    applies: (c, ours, theirs) => inITBlock(c) && !lastInITBlock(c) && (ours.stop === 'undefined' || [ours, theirs].some(o => o.stop === 'left' && o.pc !== next(c))),
  },
  {
    reason: 'IT, CBZ, CBNZ, conditional branches, SETEND and CPS in an IT block are UNPREDICTABLE (F1.2.1)',
    applies: c => inITBlock(c) && /^T(16|32) (IT\b|CBN?Z|CBZ\/CBNZ|SETEND|CPS|B<c>|B \(cond|B T[13]|Bcc)/.test(c.insn.name),
  },
  {
    reason: 'a branch to an address of A32 that is no multiple of 4 is UNPREDICTABLE: its bit 1 is ignored here',
    applies: (_c, _ours, theirs) => (theirs.cpsr & CPSR.T) === 0 && theirs.pc % 4 !== 0,
  },
  {
    reason: 'the page of the kernel\'s helpers can be read',
    applies: (c, ours, theirs) => ours.stop === 'memory' && theirs.stop === 'left' && c.state.r.some(value => value >>> 16 === 0xffff),
  },
  {
    reason: 'with the monitor open it is IMPLEMENTATION DEFINED whether a store-exclusive checks its address (E2.10); QEMU never does',
    applies: (c, ours, theirs) => /^\w+ ST[LR]EX/.test(c.insn.name) && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'an LDM that faults may have loaded some of its registers (G1.16.1)',
    applies: (c, ours, theirs) => / (LDM|POP)/.test(c.insn.name) && ours.stop === 'memory' && theirs.stop === 'memory',
  },
  {
    reason: 'BX PC runs on in A32, through what ends a case of T32',
    applies: c => c.words[0] === 0x4778_0000,
  },
  {
    reason: 'the debug communications channel can be reached from EL0 (G8.3.15); QEMU has none',
    applies: c => / (MRC DBGDSCRint|LDC\/STC)$/.test(c.insn.name),
  },
  {
    reason: 'what EL1 would be told of an access to a System register is SIGILL in QEMU',
    applies: (c, ours, theirs) => / (MRC|MCR|MRRC|MCRR)$/.test(c.insn.name) && ours.stop === 'other' && theirs.stop === 'undefined',
  },
  {
    reason: 'WFE and WFI leave to who runs the CPU; in user mode QEMU goes on',
    applies: (c, ours) => / WF[EI]$/.test(c.insn.name) && ours.stop === 'other',
  },
  {
    reason: 'UDF #0 ends a case of the oracle\'s',
    applies: (c, _ours, theirs) => c.insn.name === 'T32 UDF' && theirs.stop === 'other',
  },
  {
    reason: 'QEMU gives programs identification and debug registers that EL1 has for itself',
    applies: (c, ours, theirs) => / (MRC|MRRC)$/.test(c.insn.name) && ours.stop !== 'left' && theirs.stop === 'left',
  },
  {
    reason: 'SETPAN does nothing at EL0 (F5.1.171); QEMU doesn\'t know it',
    applies: c => c.insn.name.endsWith(' SETPAN'),
  },
  {
    reason: 'FPToFixedJS (J1) gives Z = 0 for a subnormal that was flushed to zero; QEMU gives 1',
    applies: (c, ours, theirs) => c.insn.name.endsWith(' VJCVT') && (c.state.fpscr & (1 << 24)) !== 0 && (ours.fpscr ^ theirs.fpscr) === 1 << 30,
  },
  {
    reason: 'VTRN, VUZP and VZIP of a register with itself leave UNKNOWN values (F6)',
    applies: c => / V(TRN|UZP|ZIP)$/.test(c.insn.name) && ((c.words[0]! >>> 22) & 1) === ((c.words[0]! >>> 5) & 1) && ((c.words[0]! >>> 12) & 15) === (c.words[0]! & 15),
  },
  {
    reason: 'of the 256 bits that VLD1 to VLD4 may ask to be aligned, QEMU looks at 128',
    applies: (c, ours, theirs) => / VLD\d, VST\d \(multiple/.test(c.insn.name) && ((c.words[0]! >>> 4) & 3) === 3 && ours.stop === 'memory' && theirs.stop === 'left',
  },
];

export const skipped = (c: SeededCase, ours: Outcome, theirs: Outcome): boolean => skips.some(s => s.applies(c, ours, theirs));
