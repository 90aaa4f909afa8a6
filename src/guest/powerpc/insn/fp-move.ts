/** Moves between floating-point registers, which look at bits only: Power ISA 2.07B Book I, 4.6.4 and 4.6.9 (fsel). */
import type { Builder, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { FPR, setFPR } from '../fp/registers.ts';
import { setCR1 } from '../fp/scalar.ts';
import { dot, fr } from '../names.ts';
import { fixed } from '../pseudocode.ts';

const SIGN = 1n << 63n;

function move(name: string, XO: number, change: (b: Builder, x: I64) => I64): Insn {
  return insn(name, `111111 FRT:5 00000 FRB:5 ${fixed(XO, 10)} Rc!1`, {
    asm: f => `${dot(name, f.Rc)}\t${fr(f.FRT)},${fr(f.FRB)}`,
    exec(b, f) {
      setFPR(b, f.FRT, change(b, FPR(b, f.FRB)));
      if (f.Rc) setCR1(b);
    },
  });
}

const fcpsgn = insn('fcpsgn', '111111 FRT:5 FRA:5 FRB:5 0000001000 Rc!1', {
  feature: '2.05',
  asm: f => `${dot('fcpsgn', f.Rc)}\t${fr(f.FRT)},${fr(f.FRA)},${fr(f.FRB)}`,
  exec(b, f) {
    const sign = b.i64(SIGN);
    setFPR(b, f.FRT, b.or(b.and(FPR(b, f.FRA), sign), b.and(FPR(b, f.FRB), b.not(sign))));
    if (f.Rc) setCR1(b);
  },
});

/** FRA >= 0, -0 included, takes FRC. */
const fsel = insn('fsel', '111111 FRT:5 FRA:5 FRB:5 FRC:5 10111 Rc!1', {
  feature: 'graphics',
  asm: f => `${dot('fsel', f.Rc)}\t${fr(f.FRT)},${fr(f.FRA)},${fr(f.FRC)},${fr(f.FRB)}`,
  exec(b, f) {
    const x = FPR(b, f.FRA);
    const magnitude = b.and(x, b.i64(SIGN - 1n));
    const isNaN = b.ltU(b.i64(0x7ff0_0000_0000_0000n), magnitude);
    const negative = b.and(b.ltS(x, b.i64(0)), b.ne(magnitude, b.i64(0)));
    setFPR(b, f.FRT, b.select(b.or(isNaN, negative), FPR(b, f.FRB), FPR(b, f.FRC)));
    if (f.Rc) setCR1(b);
  },
});

/** One word of each source, the even (more significant) or the odd ones. */
function merge(name: string, XO: number, odd: boolean): Insn {
  return insn(name, `111111 FRT:5 FRA:5 FRB:5 ${fixed(XO, 10)} 0`, {
    feature: '2.07',
    asm: f => `${name}\t${fr(f.FRT)},${fr(f.FRA)},${fr(f.FRB)}`,
    exec(b, f) {
      const low = b.i64(0xffff_ffffn);
      const [x, y] = [FPR(b, f.FRA), FPR(b, f.FRB)];
      const high = odd ? b.shl(x, b.i32(32)) : b.and(x, b.not(low));
      setFPR(b, f.FRT, b.or(high, odd ? b.and(y, low) : b.shrU(y, b.i32(32))));
    },
  });
}

export const fpMove: readonly Insn[] = [
  move('fmr', 72, (_b, x) => x),
  move('fneg', 40, (b, x) => b.xor(x, b.i64(SIGN))),
  move('fabs', 264, (b, x) => b.and(x, b.i64(SIGN - 1n))),
  move('fnabs', 136, (b, x) => b.or(x, b.i64(SIGN))),
  fcpsgn,
  fsel,
  merge('fmrgew', 966, false),
  merge('fmrgow', 838, true),
];
