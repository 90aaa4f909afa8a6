/** SVE predicates made from nothing or from one another (DDI 0487, C4.1.39 and C8.2). */
import type { Insn } from '../../../isa/insn.ts';
import { setNZCV } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { p } from '../sve/names.ts';
import { DecodePredCount, firstElements, patternName } from '../sve/pattern.ts';
import { PredTest, setP } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

export const svePredicate: readonly Insn[] = [
  sveInsn('PTRUE, PTRUES', '00100101 size!2 01100 S!1 111000 pattern:5 0 Pd:4', {
    derive: f => ({ bits: firstElements(DecodePredCount(f.pattern, f.size), f.size) }),
    asm: f => `ptrue${f.S ? 's' : ''}\t${p(f.size, f.Pd)}${patternName(f.pattern)}`,
    exec(b, f) {
      const result = b.operand(f.bits);
      setP(b, f.Pd, result);
      if (f.S) setNZCV(b, PredTest(b, laneOf(f.size), result, result));
    },
  }),
];
