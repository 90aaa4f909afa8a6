/**
 * Branch target identification: ARM DDI 0487, D8.4.8 (FEAT_BTI), BTypeCompatible_BTI and BTypeCompatible_PACIXSP of J1.1.
 * What BR and BLR left in PSTATE.BTYPE is looked at where code of guarded pages is entered, before the first instruction: in
 * a row of instructions it is 0 from the second on.
 */
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { branchTarget } from '../exception.ts';
import { currentBTYPE } from '../pstate.ts';
import { fields } from '../state.ts';

const SCTLR_BT0 = 1n << 35n;
const SCTLR_BT1 = 1n << 36n;

const HINT_mask = 0xfffff01f;
const HINT = 0xd503201f;
/** CRm:op2 of hints. BTI has its targets in bits 2..1: 1 calls, 2 jumps. */
const PACIASP = 25;
const PACIBSP = 27;
const BTI = 32;

/** BRK and HLT, whose exceptions go before this one. */
const isBreakpoint = (word: number): boolean => ((word & 0xffe0001f) >>> 0) === 0xd4200000 || ((word & 0xffe0001f) >>> 0) === 0xd4400000;
const isPACIxSP = (hint: number): boolean => hint === PACIASP || hint === PACIBSP;
const hintOf = (word: number): number => ((word & HINT_mask) >>> 0 === HINT ? (word >>> 5) & 127 : -1);

/** Bit n: a branch of type n may not lead here. Jumps to PACIxSP are SCTLR_EL1's to allow. */
function refused(word: number, PAuth: boolean): number {
  if (isBreakpoint(word)) return 0;
  const hint = hintOf(word);
  if (PAuth && isPACIxSP(hint)) return 0b1000;
  return [0b1110, 0b1000, 0b0100, 0][hint >= BTI && hint % 2 === 0 ? (hint - BTI) >>> 1 : 0] ?? 0b1110;
}

const check = defineHelper('branch target', ['i64', 'i32'], 'void', { raises: true }, (cpu: Arm64Cpu, pc, word) => {
  const { state } = cpu;
  const BTYPE = currentBTYPE(state, pc);
  if (BTYPE === 0) return;
  const BT = state.SCTLR_EL1 & (state.currentEL === 0 ? SCTLR_BT0 : SCTLR_BT1);
  if (BTYPE === 3 && BT === 0n && isPACIxSP(hintOf(Number(word)))) return;
  throw branchTarget(BTYPE);
});

/** What is done where code of a guarded page is entered at `word`. */
export const landing = (PAuth: boolean): Insn =>
  insn('branch target', 'word:32', {
    // A breakpoint's exception saves BTYPE; those of other instructions need not, which lets it be cleared here.
    derive: f => ({ refused: refused(f.word, PAuth), kept: isBreakpoint(f.word) ? 3 : 0 }),
    asm: () => '',
    exec(b, f) {
      const BTYPE = b.get(fields.BTYPE);
      b.when(b.and(b.shrU(b.operand(f.refused), BTYPE), b.i32(1)), () => b.call(check, b.pc(), b.operand(f.word)));
      b.set(fields.BTYPE, b.and(BTYPE, b.operand(f.kept)));
    },
  });
