/** Fixed-point products: Power ISA Book I, 3.3.9. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { dot, r } from '../names.ts';
import { fixed, GPR, GPR32, setGPR, setOverflow, setResult } from '../pseudocode.ts';

const mulli = insn('mulli', '000111 RT:5 RA:5 SI:16', {
  derive: f => ({ immediate: signExtend(f.SI, 16) }),
  asm: f => `mulli\t${r(f.RT)},${r(f.RA)},${signExtend(f.SI, 16)}`,
  exec: (b, f) => setGPR(b, f.RT, b.mul(GPR(b, f.RA), b.extS(b.operand(f.immediate)))),
});

const mullw = insn('mullw', '011111 RT:5 RA:5 RB:5 OE!1 011101011 Rc!1', {
  asm: f => `${dot('mullw', f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const product = b.mul(b.extS(GPR32(b, f.RA)), b.extS(GPR32(b, f.RB)));
    if (f.OE) overflow(b, b.ne(product, b.signExtend(product, 32)));
    setResult(b, f.RT, product, f.Rc);
  },
});

const mulld = insn('mulld', '011111 RT:5 RA:5 RB:5 OE!1 011101001 Rc!1', {
  feature: '64',
  asm: f => `${dot('mulld', f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const [x, y] = [GPR(b, f.RA), GPR(b, f.RB)];
    const product = b.mul(x, y);
    if (f.OE) overflow(b, b.ne(b.mulHighS(x, y), b.shrS(product, b.i32(63))));
    setResult(b, f.RT, product, f.Rc);
  },
});

function overflow(b: Builder, OV: I32): void {
  setOverflow(b, OV, OV);
}

/** The high half of a product. What it leaves in the upper word of RT is undefined for words: we choose zeros. */
function high(name: string, XO: number, feature: '64' | undefined, of: (b: Builder, x: I64, y: I64) => I64): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 0 ${fixed(XO, 9)} Rc!1`, {
    ...(feature && { feature }),
    asm: f => `${dot(name, f.Rc)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
    exec: (b, f) => setResult(b, f.RT, of(b, GPR(b, f.RA), GPR(b, f.RB)), f.Rc),
  });
}

const highWord = (b: Builder, product: I64): I64 => b.shrU(product, b.i32(32));

/** VA-form multiply-add. */
function multiplyAdd(name: string, XO: number, of: (b: Builder, x: I64, y: I64, z: I64) => I64): Insn {
  return insn(name, `000100 RT:5 RA:5 RB:5 RC:5 ${fixed(XO, 6)}`, {
    feature: '3.0',
    asm: f => `${name}\t${r(f.RT)},${r(f.RA)},${r(f.RB)},${r(f.RC)}`,
    exec: (b, f) => setGPR(b, f.RT, of(b, GPR(b, f.RA), GPR(b, f.RB), GPR(b, f.RC))),
  });
}

/** The carry of the low doublewords' sum. */
const carryOf = (b: Builder, x: I64, y: I64, z: I64): I64 => b.extU(b.ltU(b.add(b.mul(x, y), z), z));

export const fixedMultiply: readonly Insn[] = [
  mulli, mullw, mulld,
  high('mulhw', 75, undefined, (b, x, y) => highWord(b, b.mul(b.signExtend(x, 32), b.signExtend(y, 32)))),
  high('mulhwu', 11, undefined, (b, x, y) => highWord(b, b.mul(b.extU(b.wrap(x)), b.extU(b.wrap(y))))),
  high('mulhd', 73, '64', (b, x, y) => b.mulHighS(x, y)),
  high('mulhdu', 9, '64', (b, x, y) => b.mulHighU(x, y)),
  multiplyAdd('maddld', 51, (b, x, y, z) => b.add(b.mul(x, y), z)),
  multiplyAdd('maddhd', 48, (b, x, y, z) => b.add(b.add(b.mulHighS(x, y), b.shrS(z, b.i32(63))), carryOf(b, x, y, z))),
  multiplyAdd('maddhdu', 49, (b, x, y, z) => b.add(b.mulHighU(x, y), carryOf(b, x, y, z))),
];
