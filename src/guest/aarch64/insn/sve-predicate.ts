/** SVE predicates: set, tested, and FFR (DDI 0487, C4.1 "SVE Predicate Misc", "SVE Write FFR", and C8.2). */
import type { Builder, I32, Lane, Operand } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setNZCV } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { p, zeroing } from '../sve/names.ts';
import { DecodePredCount, firstElements, patternName } from '../sve/pattern.ts';
import { ALL, elementsOf, lowest, P, PredTest, readFFR, setP, writeFFR } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

/** Writes the predicate, and its test among the elements that govern. */
function setTested(b: Builder, esize: Lane, Pd: Operand, governing: I32, result: I32): void {
  setP(b, Pd, result);
  setNZCV(b, PredTest(b, esize, governing, result));
}

export const svePredicate: readonly Insn[] = [
  sveInsn('PTRUE, PTRUES', '00100101 size!2 01100 S!1 111000 pattern:5 0 Pd:4', {
    derive: f => ({ bits: firstElements(DecodePredCount(f.pattern, f.size), f.size) }),
    asm: f => `ptrue${f.S ? 's' : ''}\t${p(f.size, f.Pd)}${patternName(f.pattern)}`,
    exec(b, f) {
      const result = b.operand(f.bits);
      if (f.S) setTested(b, laneOf(f.size), f.Pd, result, result);
      else setP(b, f.Pd, result);
    },
  }),
  sveInsn('PFALSE', '00100101 00 011000 111001 00000 0 Pd:4', {
    asm: f => `pfalse\t${p(0, f.Pd)}`,
    exec: (b, f) => setP(b, f.Pd, b.i32(0)),
  }),
  sveInsn('PTEST', '00100101 01 010000 11 Pg:4 0 Pn:4 00000', {
    asm: f => `ptest\tp${f.Pg}, ${p(0, f.Pn)}`,
    exec: (b, f) => setNZCV(b, PredTest(b, 8, P(b, f.Pg), P(b, f.Pn))),
  }),
  sveInsn('PFIRST', '00100101 01 011000 1100000 Pg:4 0 Pdn:4', {
    asm: f => `pfirst\t${p(0, f.Pdn)}, p${f.Pg}, ${p(0, f.Pdn)}`,
    exec(b, f) {
      const governing = P(b, f.Pg);
      setTested(b, 8, f.Pdn, governing, b.or(P(b, f.Pdn), lowest(b, governing)));
    },
  }),
  sveInsn('PNEXT', '00100101 size!2 011001 1100010 Pg:4 0 Pdn:4', {
    asm: f => `pnext\t${p(f.size, f.Pdn)}, p${f.Pg}, ${p(f.size, f.Pdn)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const governing = P(b, f.Pg);
      const last = b.sub(b.i32(32), b.clz(elementsOf(b, lane, P(b, f.Pdn))));
      const behind = b.shl(b.i32(-1), last);
      setTested(b, lane, f.Pdn, governing, lowest(b, b.and(elementsOf(b, lane, governing), behind)));
    },
  }),
  sveInsn('RDFFR, RDFFRS (predicated)', '00100101 0 S!1 011000 1111000 Pg:4 0 Pd:4', {
    asm: f => `rdffr${f.S ? 's' : ''}\t${p(0, f.Pd)}, ${zeroing(f.Pg)}`,
    exec(b, f) {
      const governing = P(b, f.Pg);
      const result = b.and(readFFR(b), governing);
      if (f.S) setTested(b, 8, f.Pd, governing, result);
      else setP(b, f.Pd, result);
    },
  }),
  sveInsn('RDFFR (unpredicated)', '00100101 00 011001 1111000 0000 0 Pd:4', {
    asm: f => `rdffr\t${p(0, f.Pd)}`,
    exec: (b, f) => setP(b, f.Pd, readFFR(b)),
  }),
  sveInsn('WRFFR', '00100101 00 101000 1001000 Pn:4 00000', {
    asm: f => `wrffr\t${p(0, f.Pn)}`,
    exec: (b, f) => writeFFR(b, P(b, f.Pn)),
  }),
  sveInsn('SETFFR', '00100101 00 101100 1001000 0000 00000', {
    asm: () => 'setffr',
    exec: b => writeFFR(b, ALL(b)),
  }),
];
