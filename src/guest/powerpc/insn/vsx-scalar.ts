/** VSX scalar floating point with the operations of 4.6, on VSRs: Power ISA 2.07B Book I, 7.6.1.1 to 7.6.1.5. Single precision is not here yet. */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { compare } from '../fp/comparison.ts';
import type { Operation } from '../fp/operations.ts';
import { arithmetic, DOUBLE, finish, SINGLE, type Width } from '../fp/scalar.ts';
import { crf, vs } from '../names.ts';
import { SUPPRESSED } from '../fp/exact.ts';
import { fixed } from '../pseudocode.ts';
import { fields } from '../state.ts';
import { doublewords, scalar, setScalar, setVSR, VSR } from '../vsx/registers.ts';
import { setCRBits } from './fp-compare.ts';

function exec(b: Builder, operation: Operation, N: Width, X: number, T: Operand, operands: readonly [I64, I64, I64]): void {
  const old = VSR(b, X, T);
  const result = arithmetic(b, operation, N, operands, scalar(b, X, T));
  const suppressed = b.eq(b.get(fields.fpTrap), b.i32(SUPPRESSED));
  setVSR(b, X, T, b.select(suppressed, old, doublewords(b, result, b.i64(0))));
  finish(b, 0);
}

/** XX3 form; a multiplication's second operand is what the operations have third. */
function binary(name: string, XO: number, operation: Operation): Insn {
  return insn(name, `111100 T:5 A:5 B:5 ${fixed(XO, 8)} AX!1 BX!1 TX!1`, {
    feature: '2.06',
    restartable: true,
    asm: f => `${name}\t${vs(f.T + 32 * f.TX)},${vs(f.A + 32 * f.AX)},${vs(f.B + 32 * f.BX)}`,
    exec(b, f) {
      const y = scalar(b, f.BX, f.B);
      exec(b, operation, 64, f.TX, f.T, [scalar(b, f.AX, f.A), operation === 'fmul' ? b.i64(0) : y, y]);
    },
  });
}

/** The forms that overwrite the addend (a) and a factor (m). */
function multiplyAdd(name: string, XO: number, operation: Operation): Insn[] {
  return (['a', 'm'] as const).map((form, i) => {
    const full = `${name}${form}dp`;
    return insn(full, `111100 T:5 A:5 B:5 ${fixed(XO + 8 * i, 8)} AX!1 BX!1 TX!1`, {
      feature: '2.06',
      restartable: true,
      asm: f => `${full}\t${vs(f.T + 32 * f.TX)},${vs(f.A + 32 * f.AX)},${vs(f.B + 32 * f.BX)}`,
      exec(b, f) {
        const [x, y, t] = [scalar(b, f.AX, f.A), scalar(b, f.BX, f.B), scalar(b, f.TX, f.T)];
        exec(b, operation, 64, f.TX, f.T, form === 'a' ? [x, t, y] : [x, y, t]);
      },
    });
  });
}

/** XX2 form, 9 bits of extended opcode. */
function unary(name: string, XO: number, feature: string, restartable: boolean, run: (b: Builder, X: number, T: Operand, x: I64) => void): Insn {
  return insn(name, `111100 T:5 00000 B:5 ${fixed(XO, 9)} BX!1 TX!1`, {
    feature,
    restartable,
    asm: f => `${name}\t${vs(f.T + 32 * f.TX)},${vs(f.B + 32 * f.BX)}`,
    exec: (b, f) => run(b, f.TX, f.T, scalar(b, f.BX, f.B)),
  });
}

const operation = (name: string, XO: number, of: Operation, N: Width = 64, feature = '2.06'): Insn =>
  unary(name, XO, feature, true, (b, X, T, x) => exec(b, of, N, X, T, [b.i64(0), x, b.i64(0)]));
const move = (name: string, XO: number, feature: string, change: (b: Builder, x: I64) => I64): Insn =>
  unary(name, XO, feature, false, (b, X, T, x) => setScalar(b, X, T, change(b, x)));

const comparison = (name: string, XO: number, ordered: boolean): Insn =>
  insn(name, `111100 BF:3 00 A:5 B:5 ${fixed(XO, 8)} AX!1 BX!1 0`, {
    feature: '2.06',
    restartable: true,
    derive: f => ({ first: 4 * f.BF }),
    asm: f => `${name}\t${crf(f.BF)},${vs(f.A + 32 * f.AX)},${vs(f.B + 32 * f.BX)}`,
    exec(b, f) {
      setCRBits(b, f.first, compare(b, scalar(b, f.AX, f.A), scalar(b, f.BX, f.B), ordered));
      finish(b, 0);
    },
  });

const SIGN = 1n << 63n;

const xscpsgndp = insn('xscpsgndp', '111100 T:5 A:5 B:5 10110000 AX!1 BX!1 TX!1', {
  feature: '2.06',
  asm(f) {
    const [T, A, B] = [vs(f.T + 32 * f.TX), vs(f.A + 32 * f.AX), vs(f.B + 32 * f.BX)];
    return `xscpsgndp\t${T},${A},${B}`;
  },
  exec(b, f) {
    const sign = b.i64(SIGN);
    setScalar(b, f.TX, f.T, b.or(b.and(scalar(b, f.AX, f.A), sign), b.and(scalar(b, f.BX, f.B), b.not(sign))));
  },
});

export const vsxScalar: readonly Insn[] = [
  binary('xsadddp', 32, 'fadd'),
  binary('xssubdp', 40, 'fsub'),
  binary('xsmuldp', 48, 'fmul'),
  binary('xsdivdp', 56, 'fdiv'),
  ...multiplyAdd('xsmadd', 33, 'fmadd'),
  ...multiplyAdd('xsmsub', 49, 'fmsub'),
  operation('xssqrtdp', 75, 'fsqrt'),
  operation('xscvsxddp', 376, 'fcfid'),
  operation('xscvuxddp', 360, 'fcfidu'),
  operation('xscvsxdsp', 312, 'fcfid', 32, '2.07'),
  operation('xscvuxdsp', 296, 'fcfidu', 32, '2.07'),
  move('xsabsdp', 345, '2.06', (b, x) => b.and(x, b.i64(SIGN - 1n))),
  move('xsnabsdp', 361, '2.06', (b, x) => b.or(x, b.i64(SIGN))),
  move('xsnegdp', 377, '2.06', (b, x) => b.xor(x, b.i64(SIGN))),
  move('xscvspdpn', 331, '2.07', (b, x) => DOUBLE(b, b.wrap(b.shrU(x, b.i32(32))))),
  // Of the words but the first one nothing is said: we choose the first one's value for the second, 0 for the others.
  unary('xscvdpspn', 267, '2.07', false, (b, X, T, x) => {
    const word = b.extU(SINGLE(b, x));
    setVSR(b, X, T, doublewords(b, b.or(b.shl(word, b.i32(32)), word), b.i64(0)));
  }),
  comparison('xscmpudp', 35, false),
  comparison('xscmpodp', 43, true),
  xscpsgndp,
];
