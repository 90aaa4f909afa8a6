/** Floating-point comparisons and the tests for software division: Power ISA 2.07B Book I, 4.6.8 and 4.6.5.1. */
import type { Builder, I32, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { compare, testDivide, testSquareRoot } from '../fp/comparison.ts';
import { FPR } from '../fp/registers.ts';
import { finish } from '../fp/scalar.ts';
import { crf, fr } from '../names.ts';
import { fixed, setCRField } from '../pseudocode.ts';

/** Puts four bits into condition field BF, whose first bit is `first`. */
export function setCRBits(b: Builder, first: Operand, bits: I32): void {
  const bit = (n: number): I32 => b.and(b.shrU(bits, b.i32(n)), b.i32(1));
  setCRField(b, b.operand(first), bit(3), bit(2), bit(1), bit(0));
}

function comparison(name: string, XO: number, ordered: boolean): Insn {
  return insn(name, `111111 BF:3 00 FRA:5 FRB:5 ${fixed(XO, 10)} 0`, {
    restartable: true,
    derive: f => ({ first: 4 * f.BF }),
    asm: f => `${name}\t${crf(f.BF)},${fr(f.FRA)},${fr(f.FRB)}`,
    exec(b, f) {
      setCRBits(b, f.first, compare(b, FPR(b, f.FRA), FPR(b, f.FRB), ordered));
      finish(b, 0);
    },
  });
}

const ftdiv = insn('ftdiv', '111111 BF:3 00 FRA:5 FRB:5 0010000000 0', {
  feature: '2.06',
  derive: f => ({ first: 4 * f.BF }),
  asm: f => `ftdiv\t${crf(f.BF)},${fr(f.FRA)},${fr(f.FRB)}`,
  exec: (b, f) => setCRBits(b, f.first, b.call(testDivide, FPR(b, f.FRA), FPR(b, f.FRB))),
});

const ftsqrt = insn('ftsqrt', '111111 BF:3 00 00000 FRB:5 0010100000 0', {
  feature: '2.06',
  derive: f => ({ first: 4 * f.BF }),
  asm: f => `ftsqrt\t${crf(f.BF)},${fr(f.FRB)}`,
  exec: (b, f) => setCRBits(b, f.first, b.call(testSquareRoot, FPR(b, f.FRB))),
});

export const fpCompare: readonly Insn[] = [comparison('fcmpu', 0, false), comparison('fcmpo', 32, true), ftdiv, ftsqrt];
