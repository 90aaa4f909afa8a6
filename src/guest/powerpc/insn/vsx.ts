/** Vector-scalar registers as a whole: moves, loads and stores, logic (Power ISA 2.07B Book I, 7.6.3). */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { r, rOr0 } from '../names.ts';
import { address, EAx, fixed, GPR, orZero, setGPR } from '../pseudocode.ts';
import { fields } from '../state.ts';

/** Doublewords 0 and 1. */
type Doublewords = readonly [I64, I64];

/** VSR0..31 hold the floating-point registers, VSR32..63 are the vector registers: `X` is the number's first bit. */
function VSR(b: Builder, X: number, n: Operand): Doublewords {
  const index = b.operand(n);
  if (!X) return [b.getAt(fields.fpr, index), b.getAt(fields.vsrLow, index)];
  const value = b.getAt(fields.vr, index);
  return [b.vget(64, value, 1), b.vget(64, value, 0)];
}

function setVSR(b: Builder, X: number, n: Operand, [first, second]: Doublewords): void {
  const index = b.operand(n);
  if (X) {
    b.setAt(fields.vr, index, b.vset(64, b.vset(64, b.v128(0n), 0, second), 1, first));
    return;
  }
  b.setAt(fields.fpr, index, first);
  b.setAt(fields.vsrLow, index, second);
}

/** What a scalar leaves in doubleword 1 is undefined: we choose what was there. */
const setScalar = (b: Builder, X: number, n: Operand, value: I64): void => setVSR(b, X, n, [value, VSR(b, X, n)[1]]);

const vs = (X: number, n: number): string => `vs${X * 32 + n}`;
/** A move's names say which half of the registers it is: mtfprd, mtvrd. */
const moveName = (X: number, name: string): string => name.replace('vsr', X ? 'vr' : 'fpr');
const half = (X: number, n: number): string => (X ? `v${n}` : `f${n}`);

function fromGPR(name: string, XO: number, of: (b: Builder, value: I64) => I64): Insn {
  return insn(name, `011111 T:5 RA:5 00000 ${fixed(XO, 10)} TX!1`, {
    feature: '2.07',
    asm: f => `${moveName(f.TX, name)}\t${half(f.TX, f.T)},${r(f.RA)}`,
    exec: (b, f) => setScalar(b, f.TX, f.T, of(b, GPR(b, f.RA))),
  });
}

function toGPR(name: string, XO: number, of: (b: Builder, value: I64) => I64): Insn {
  return insn(name, `011111 S:5 RA:5 00000 ${fixed(XO, 10)} SX!1`, {
    feature: '2.07',
    asm: f => `${moveName(f.SX, name)}\t${r(f.RA)},${half(f.SX, f.S)}`,
    exec: (b, f) => setGPR(b, f.RA, of(b, VSR(b, f.SX, f.S)[0])),
  });
}

function load(name: string, XO: number, of: (b: Builder, at: I64) => Doublewords): Insn {
  return insn(name, `011111 T:5 RA:5 RB:5 ${fixed(XO, 10)} TX!1`, {
    feature: '2.06',
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${vs(f.TX, f.T)},${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => setVSR(b, f.TX, f.T, of(b, EAx(b, f.A, f.RB))),
  });
}

const lxsdx = insn('lxsdx', '011111 T:5 RA:5 RB:5 1001001100 TX!1', {
  feature: '2.06',
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `lxsdx\t${vs(f.TX, f.T)},${rOr0(f.RA)},${r(f.RB)}`,
  exec: (b, f) => setScalar(b, f.TX, f.T, b.load(EAx(b, f.A, f.RB), 8)),
});

function store(name: string, XO: number, of: (b: Builder, at: I64, value: Doublewords) => void): Insn {
  return insn(name, `011111 S:5 RA:5 RB:5 ${fixed(XO, 10)} SX!1`, {
    feature: '2.06',
    restartable: true,
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${vs(f.SX, f.S)},${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => of(b, EAx(b, f.A, f.RB), VSR(b, f.SX, f.S)),
  });
}

const behind = (b: Builder, at: I64, bytes: number): I64 => address(b, b.add(at, b.i64(bytes)));
/** Two words as a doubleword, the first one more significant. */
const joined = (b: Builder, first: I64, second: I64): I64 => b.or(b.shl(first, b.i32(32)), second);
const high = (b: Builder, value: I64): I64 => b.shrU(value, b.i32(32));
const low = (b: Builder, value: I64): I64 => b.extU(b.wrap(value));

function loadWords(b: Builder, at: I64): Doublewords {
  const [w0, w1, w2, w3] = [0, 4, 8, 12].map(i => b.load(behind(b, at, i), 4)) as [I64, I64, I64, I64];
  return [joined(b, w0, w1), joined(b, w2, w3)];
}

function storeWords(b: Builder, at: I64, [first, second]: Doublewords): void {
  [high(b, first), low(b, first), high(b, second), low(b, second)].forEach((word, i) => { b.store(behind(b, at, i * 4), word, 4); });
}

/** `same`: its name where both sources are one register. */
function logical(name: string, XO: number, of: (b: Builder, x: I64, y: I64) => I64, same?: string): Insn {
  return insn(name, `111100 T:5 A:5 B:5 ${fixed(XO, 8)} AX!1 BX!1 TX!1`, {
    feature: '2.06',
    asm(f) {
      const [t, a, b] = [vs(f.TX, f.T), vs(f.AX, f.A), vs(f.BX, f.B)];
      return same && a === b ? `${same}\t${t},${a}` : `${name}\t${t},${a},${b}`;
    },
    exec(b, f) {
      const [x, y] = [VSR(b, f.AX, f.A), VSR(b, f.BX, f.B)];
      setVSR(b, f.TX, f.T, [of(b, x[0], y[0]), of(b, x[1], y[1])]);
    },
  });
}

const xxpermdi = insn('xxpermdi', '111100 T:5 A:5 B:5 0 DM!2 01010 AX!1 BX!1 TX!1', {
  feature: '2.06',
  asm(f) {
    const [t, a, b] = [vs(f.TX, f.T), vs(f.AX, f.A), vs(f.BX, f.B)];
    if (a === b && f.DM === 2) return `xxswapd\t${t},${a}`;
    if (a === b && f.DM !== 1) return `xxspltd\t${t},${a},${f.DM & 1}`;
    return f.DM % 3 === 0 ? `${f.DM ? 'xxmrgld' : 'xxmrghd'}\t${t},${a},${b}` : `xxpermdi\t${t},${a},${b},${f.DM}`;
  },
  exec: (b, f) => setVSR(b, f.TX, f.T, [
    VSR(b, f.AX, f.A)[f.DM >> 1 ? 1 : 0],
    VSR(b, f.BX, f.B)[f.DM & 1 ? 1 : 0],
  ]),
});

const xxspltw = insn('xxspltw', '111100 T:5 000 UIM!2 B:5 010100100 BX!1 TX!1', {
  feature: '2.06',
  asm: f => `xxspltw\t${vs(f.TX, f.T)},${vs(f.BX, f.B)},${f.UIM}`,
  exec(b, f) {
    const source = VSR(b, f.BX, f.B)[f.UIM >> 1 ? 1 : 0];
    const word = f.UIM & 1 ? low(b, source) : high(b, source);
    const both = joined(b, word, word);
    setVSR(b, f.TX, f.T, [both, both]);
  },
});

export const vectorScalar: readonly Insn[] = [
  fromGPR('mtvsrd', 179, (_b, x) => x), fromGPR('mtvsrwa', 211, (b, x) => b.signExtend(x, 32)), fromGPR('mtvsrwz', 243, low),
  toGPR('mfvsrd', 51, (_b, x) => x), toGPR('mfvsrwz', 115, low),
  lxsdx,
  load('lxvd2x', 844, (b, at) => [b.load(at, 8), b.load(behind(b, at, 8), 8)]),
  load('lxvdsx', 332, (b, at) => { const value = b.load(at, 8); return [value, value]; }),
  load('lxvw4x', 780, loadWords),
  store('stxsdx', 716, (b, at, value) => b.store(at, value[0], 8)),
  store('stxvd2x', 972, (b, at, value) => { b.store(at, value[0], 8); b.store(behind(b, at, 8), value[1], 8); }),
  store('stxvw4x', 908, storeWords),
  logical('xxland', 130, (b, x, y) => b.and(x, y)),
  logical('xxlandc', 138, (b, x, y) => b.and(x, b.not(y))),
  logical('xxlor', 146, (b, x, y) => b.or(x, y), 'xxmr'),
  logical('xxlxor', 154, (b, x, y) => b.xor(x, y)),
  logical('xxlnor', 162, (b, x, y) => b.not(b.or(x, y)), 'xxlnot'),
  logical('xxlorc', 170, (b, x, y) => b.or(x, b.not(y))),
  logical('xxlnand', 178, (b, x, y) => b.not(b.and(x, y))),
  logical('xxleqv', 186, (b, x, y) => b.not(b.xor(x, y))),
  xxpermdi, xxspltw,
];
