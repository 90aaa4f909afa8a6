/** Fixed-point logical instructions and bit counts: Power ISA Book I, 3.3.13. */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { dot, r } from '../names.ts';
import { fixed, GPR, setGPR, setResult } from '../pseudocode.ts';

type Binary = (b: Builder, x: I64, y: I64) => I64;

/** D-form; `shift` 16 for the shifted ones. */
function immediate(name: string, opcode: number, shift: 0 | 16, Rc: 0 | 1, of: Binary, noOperations: Readonly<Record<number, string>> = {}): Insn {
  return insn(name, `${fixed(opcode, 6)} RS:5 RA:5 UI:16`, {
    derive: f => ({ immediate: f.UI * 2 ** shift }),
    asm: f => ((f.RS === f.RA && f.UI === 0 ? noOperations[f.RA] : undefined) ?? `${name}\t${r(f.RA)},${r(f.RS)},${f.UI}`),
    exec: (b, f) => setResult(b, f.RA, of(b, GPR(b, f.RS), b.extU(b.operand(f.immediate))), Rc),
  });
}

/** Words that are written as something else where all their registers are one: hints for the priority of threads. */
const hints: Readonly<Record<number, string>> = { 26: 'miso', 27: 'yield', 29: 'mdoio', 30: 'mdoom' };

/** X-form; `same` is its name where RS is RB. */
function binary(name: string, XO: number, of: Binary, same?: string): Insn {
  return insn(name, `011111 RS:5 RA:5 RB:5 ${fixed(XO, 10)} Rc!1`, {
    asm(f) {
      if (same === undefined || f.RS !== f.RB) return `${dot(name, f.Rc)}\t${r(f.RA)},${r(f.RS)},${r(f.RB)}`;
      const hint = name === 'or' && f.RA === f.RS && f.Rc === 0 ? hints[f.RA] : undefined;
      return hint ?? `${dot(same, f.Rc)}\t${r(f.RA)},${r(f.RS)}`;
    },
    exec: (b, f) => setResult(b, f.RA, of(b, GPR(b, f.RS), GPR(b, f.RB)), f.Rc),
  });
}

type Unary = (b: Builder, x: I64) => I64;

function unary(name: string, XO: number, feature: string | undefined, of: Unary): Insn {
  return insn(name, `011111 RS:5 RA:5 00000 ${fixed(XO, 10)} Rc!1`, {
    ...(feature && { feature }),
    asm: f => `${dot(name, f.Rc)}\t${r(f.RA)},${r(f.RS)}`,
    exec: (b, f) => setResult(b, f.RA, of(b, GPR(b, f.RS)), f.Rc),
  });
}

/** The same without Rc. */
function count(name: string, XO: number, feature: string, of: Unary): Insn {
  return insn(name, `011111 RS:5 RA:5 00000 ${fixed(XO, 10)} 0`, {
    feature,
    asm: f => `${name}\t${r(f.RA)},${r(f.RS)}`,
    exec: (b, f) => setGPR(b, f.RA, of(b, GPR(b, f.RS))),
  });
}

/** Ones in each group of bits as wide as a byte: x + x / 2 and so on, in parallel. */
function onesInBytes(b: Builder, x: I64): I64 {
  const part = (value: I64, shift: number, mask: bigint): I64 => b.and(b.shrU(value, b.i32(shift)), b.i64(mask));
  const pairs = b.sub(x, part(x, 1, 0x5555_5555_5555_5555n));
  const nibbles = b.add(part(pairs, 0, 0x3333_3333_3333_3333n), part(pairs, 2, 0x3333_3333_3333_3333n));
  return part(b.add(nibbles, b.shrU(nibbles, b.i32(4))), 0, 0x0f0f_0f0f_0f0f_0f0fn);
}

function onesInWords(b: Builder, x: I64): I64 {
  const high = b.popcnt(b.wrap(b.shrU(x, b.i32(32))));
  return b.or(b.shl(b.extU(high), b.i32(32)), b.extU(b.popcnt(b.wrap(x))));
}

/** The parity of the lowest bits of all bytes. */
const lowestBits = (b: Builder, x: I64): I64 => b.and(x, b.i64(0x0101_0101_0101_0101n));
const parityOfWord = (b: Builder, x: I32): I64 => b.extU(b.and(b.popcnt(x), b.i32(1)));

const cmpb = insn('cmpb', '011111 RS:5 RA:5 RB:5 0111111100 0', {
  feature: '2.05',
  asm: f => `cmpb\t${r(f.RA)},${r(f.RS)},${r(f.RB)}`,
  exec: (b, f) => setGPR(b, f.RA, b.vget(64, b.veq(8, b.vsplat(64, GPR(b, f.RS)), b.vsplat(64, GPR(b, f.RB))), 0)),
});

/** Bits 56..63 of the result are those bits of (RB) that the bytes of (RS) name, 0 where there is none. */
const bpermd = insn('bpermd', '011111 RS:5 RA:5 RB:5 0011111100 0', {
  feature: '2.06',
  asm: f => `bpermd\t${r(f.RA)},${r(f.RS)},${r(f.RB)}`,
  exec(b, f) {
    const [indices, bits] = [GPR(b, f.RS), GPR(b, f.RB)];
    let result = b.i64(0);
    for (let i = 0; i < 8; i++) {
      const index = b.and(b.wrap(b.shrU(indices, b.i32((7 - i) * 8))), b.i32(255));
      const bit = b.and(b.shrU(bits, b.sub(b.i32(63), index)), b.extU(b.ltU(index, b.i32(64))));
      result = b.or(b.shl(result, b.i32(1)), bit);
    }
    setGPR(b, f.RA, result);
  },
});

const wide = (b: Builder, x: I32): I64 => b.extU(x);

export const fixedLogical: readonly Insn[] = [
  immediate('andi.', 28, 0, 1, (b, x, y) => b.and(x, y)),
  immediate('andis.', 29, 16, 1, (b, x, y) => b.and(x, y)),
  immediate('ori', 24, 0, 0, (b, x, y) => b.or(x, y), { 0: 'nop', 31: 'exser' }),
  immediate('oris', 25, 16, 0, (b, x, y) => b.or(x, y)),
  immediate('xori', 26, 0, 0, (b, x, y) => b.xor(x, y), { 0: 'xnop' }),
  immediate('xoris', 27, 16, 0, (b, x, y) => b.xor(x, y)),
  binary('and', 28, (b, x, y) => b.and(x, y)),
  binary('or', 444, (b, x, y) => b.or(x, y), 'mr'),
  binary('xor', 316, (b, x, y) => b.xor(x, y)),
  binary('nand', 476, (b, x, y) => b.not(b.and(x, y))),
  binary('nor', 124, (b, x, y) => b.not(b.or(x, y)), 'not'),
  binary('eqv', 284, (b, x, y) => b.not(b.xor(x, y))),
  binary('andc', 60, (b, x, y) => b.and(x, b.not(y))),
  binary('orc', 412, (b, x, y) => b.or(x, b.not(y))),
  unary('extsb', 954, undefined, (b, x) => b.signExtend(x, 8)),
  unary('extsh', 922, undefined, (b, x) => b.signExtend(x, 16)),
  unary('extsw', 986, '64', (b, x) => b.signExtend(x, 32)),
  unary('cntlzw', 26, undefined, (b, x) => wide(b, b.clz(b.wrap(x)))),
  unary('cntlzd', 58, '64', (b, x) => b.clz(x)),
  unary('cnttzw', 538, '3.0', (b, x) => wide(b, b.ctz(b.wrap(x)))),
  unary('cnttzd', 570, '3.0', (b, x) => b.ctz(x)),
  count('popcntb', 122, '2.02', onesInBytes),
  count('popcntw', 378, '2.06', onesInWords),
  count('popcntd', 506, '2.06', (b, x) => b.popcnt(x)),
  count('prtyw', 154, '2.05', (b, x) => {
    const bits = lowestBits(b, x);
    return b.or(b.shl(parityOfWord(b, b.wrap(b.shrU(bits, b.i32(32)))), b.i32(32)), parityOfWord(b, b.wrap(bits)));
  }),
  count('prtyd', 186, '2.05', (b, x) => b.and(b.popcnt(lowestBits(b, x)), b.i64(1))),
  cmpb, bpermd,
];
