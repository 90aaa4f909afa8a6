/** VSX loads and stores of words and singles (Power ISA 2.07B Book I, 7.6.3), and what 3.0B has besides; vsx.ts has the others. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { DOUBLE, SINGLE } from '../fp/scalar.ts';
import { memory, r, rOr0, vs } from '../names.ts';
import { EA, EAx, fixed, GPR, orZero, setGPR } from '../pseudocode.ts';
import { doublewords, scalar, setVSR, VSR } from '../vsx/registers.ts';

type Transfer = (b: Builder, X: number, T: Operand, at: I64) => void;

function indexed(name: string, XO: number, feature: string, transfer: Transfer): Insn {
  return insn(name, `011111 T:5 RA:5 RB:5 ${fixed(XO, 10)} TX!1`, {
    feature,
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${vs(f.T + 32 * f.TX)},${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => transfer(b, f.TX, f.T, EAx(b, f.A, f.RB)),
  });
}

const lxvx: Transfer = (b, X, T, at) => setVSR(b, X, T, b.loadV(at, 16));
const stxvx: Transfer = (b, X, S, at) => b.storeV(at, VSR(b, X, S), 16);
/** Doubleword 1 is undefined: we choose what was there. */
const loadScalar = (convert: (b: Builder, at: I64) => I64): Transfer => (b, X, T, at) =>
  setVSR(b, X, T, b.vset(64, VSR(b, X, T), 1, convert(b, at)));

/** DQ form: the register's first bit stands apart, and the displacement counts quadwords. */
function displaced(name: string, XO: '001' | '101', transfer: Transfer): Insn {
  return insn(name, `111101 T:5 RA:5 DQ:12 TX!1 ${XO}`, {
    feature: '3.0',
    derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.DQ, 12) * 16 }),
    asm: f => `${name}\t${vs(f.T + 32 * f.TX)},${memory(signExtend(f.DQ, 12) * 16, f.RA)}`,
    exec: (b, f) => transfer(b, f.TX, f.T, EA(b, f.A, f.displacement)),
  });
}

const mfvsrld = insn('mfvsrld', '011111 S:5 RA:5 00000 0100110011 SX!1', {
  feature: '3.0',
  asm: f => `mfvsrld\t${r(f.RA)},${vs(f.S + 32 * f.SX)}`,
  exec: (b, f) => setGPR(b, f.RA, b.vget(64, VSR(b, f.SX, f.S), 0)),
});

const mtvsrdd = insn('mtvsrdd', '011111 T:5 RA:5 RB:5 0110110011 TX!1', {
  feature: '3.0',
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `mtvsrdd\t${vs(f.T + 32 * f.TX)},${rOr0(f.RA)},${r(f.RB)}`,
  exec: (b, f) => setVSR(b, f.TX, f.T, doublewords(b, GPR(b, f.A), GPR(b, f.RB))),
});

export const vsxLoad: readonly Insn[] = [
  indexed('lxsspx', 524, '2.07', loadScalar((b, at) => DOUBLE(b, b.wrap(b.load(at, 4))))),
  indexed('lxsiwzx', 12, '2.07', loadScalar((b, at) => b.load(at, 4))),
  indexed('lxsiwax', 76, '2.07', loadScalar((b, at) => b.signExtend(b.load(at, 4), 32))),
  indexed('lxvx', 268, '3.0', lxvx),
  indexed('stxsspx', 652, '2.07', (b, X, S, at) => b.store(at, SINGLE(b, scalar(b, X, S)), 4)),
  indexed('stxsiwx', 140, '2.07', (b, X, S, at) => b.store(at, b.wrap(scalar(b, X, S)), 4)),
  indexed('stxvx', 396, '3.0', stxvx),
  displaced('lxv', '001', lxvx),
  displaced('stxv', '101', stxvx),
  mfvsrld,
  mtvsrdd,
];
