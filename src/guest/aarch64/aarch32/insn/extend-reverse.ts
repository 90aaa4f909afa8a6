/** Extensions of bytes and halfwords, packing, and bits in another order: ARM DDI 0487, F5.1, CLZ, PKHBT, RBIT, REV, SXTAB … UXTH. */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { a32, t16, t32 } from '../describe.ts';
import { regs, shifted, spelt, wide } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { Rnot15, setR } from '../pseudocode.ts';
import { shiftByImmediate } from '../shift.ts';

type Size = 'b' | 'h' | 'b16';

function extend(b: Builder, x: I32, U: number, size: Size): I32 {
  if (size !== 'b16') {
    if (U) return b.and(x, b.i32(size === 'b' ? 0xff : 0xffff));
    return b.signExtend(x, size === 'b' ? 8 : 16);
  }
  const bytes = b.and(x, b.i32(0x00ff_00ff));
  // A byte's sign times 0x1fe are the bits above it.
  return U ? bytes : b.or(bytes, b.mul(b.and(b.shrU(bytes, b.i32(7)), b.i32(0x0001_0001)), b.i32(0xff00)));
}

/** Each half by itself, so that no carry goes from one into the other. */
function addHalves(b: Builder, x: I32, y: I32): I32 {
  const mask = b.i32(0xffff);
  return b.or(b.and(b.add(x, y), mask), b.shl(b.add(b.shrU(x, b.i32(16)), b.shrU(y, b.i32(16))), b.i32(16)));
}

const rotation = (f: { rotate: number }): { by: number } => ({ by: f.rotate * 8 });
const rotated = (f: { rotate: number }): string => (f.rotate ? `, ror #${f.rotate * 8}` : '');
const source = (b: Builder, f: { Rm: Operand; by: Operand }): I32 => b.rotr(Rnot15(b, f.Rm), b.operand(f.by));

/** Without an addend where Rn is 15, and with one. U is bit 22 in A32 and bit 20 in T32. */
function extension(size: Size, inA32: '00' | '10' | '11', inT32: '00' | '01' | '10'): readonly Pair[] {
  const adding = `SXTA${size.toUpperCase()}, UXTA${size.toUpperCase()}`;
  const letter = (f: { U: number }): string => (f.U ? 'u' : 's');
  return [
    pair(adding, `01101 U!1 ${inA32} Rn:4 Rd:4 rotate:2 000111 Rm:4`, `111110100 ${inT32} U!1 Rn:4 1111 Rd:4 10 rotate:2 Rm:4`, {
      valid: f => noPC(f.Rn, f.Rd, f.Rm),
      derive: rotation,
      asm: f => spelt(`${letter(f)}xta${size}`, f, regs(f.Rd, f.Rn, f.Rm) + rotated(f)),
      exec(b, f) {
        const addend = Rnot15(b, f.Rn);
        const extended = extend(b, source(b, f), f.U, size);
        setR(b, f.Rd, size === 'b16' ? addHalves(b, addend, extended) : b.add(addend, extended));
      },
    }),
    pair(`SXT${size.toUpperCase()}, UXT${size.toUpperCase()}`, `01101 U!1 ${inA32} 1111 Rd:4 rotate:2 000111 Rm:4`,
      `111110100 ${inT32} U!1 1111 1111 Rd:4 10 rotate:2 Rm:4`, {
        overrides: [adding],
        valid: f => noPC(f.Rd, f.Rm),
        derive: rotation,
        asm: f => (size === 'b16' ? spelt : wide)(`${letter(f)}xt${size}`, f, regs(f.Rd, f.Rm) + rotated(f)),
        exec: (b, f) => setR(b, f.Rd, extend(b, source(b, f), f.U, size)),
      }),
  ];
}

const EXTEND_16 = t16('SXTH, SXTB, UXTH, UXTB', '10110010 U!1 byte!1 Rm:3 Rd:3', {
  asm: f => `${f.U ? 'u' : 's'}xt${f.byte ? 'b' : 'h'}\t${regs(f.Rd, f.Rm)}`,
  exec: (b, f) => setR(b, f.Rd, extend(b, Rnot15(b, f.Rm), f.U, f.byte ? 'b' : 'h')),
});

/** The bits in `mask` exchanged with those `distance` above them. */
function exchange(b: Builder, x: I32, mask: number, distance: number): I32 {
  const m = b.i32(mask);
  const n = b.i32(distance);
  return b.or(b.shl(b.and(x, m), n), b.and(b.shrU(x, n), m));
}

type Reversal = 'rev' | 'rev16' | 'rbit' | 'revsh';

function reverse(b: Builder, how: Reversal, x: I32): I32 {
  switch (how) {
    case 'rev': return b.bswap(x);
    case 'rev16': return exchange(b, x, 0x00ff_00ff, 8);
    case 'revsh': return b.shrS(b.bswap(x), b.i32(16));
    case 'rbit': return b.bswap(exchange(b, exchange(b, exchange(b, x, 0x5555_5555, 1), 0x3333_3333, 2), 0x0f0f_0f0f, 4));
  }
}

// CONSTRAINED UNPREDICTABLE where T32's two copies of Rm differ: we choose UNDEFINED.
const sameSource = (f: { Rd: number; Rm: number; Rm2: number }): boolean => noPC(f.Rd, f.Rm) && f.Rm === f.Rm2;

function reversal(how: Reversal, inA32: '011 1111 Rd:4 1111 0011' | '011 1111 Rd:4 1111 1011' | '111 1111 Rd:4 1111 0011' | '111 1111 Rd:4 1111 1011',
  inT32: '00' | '01' | '10' | '11'): Pair {
  const name = how.toUpperCase();
  return {
    a32: a32(name, `01101 ${inA32} Rm:4`, {
      valid: f => noPC(f.Rd, f.Rm),
      asm: f => spelt(how, f, regs(f.Rd, f.Rm)),
      exec: (b, f) => setR(b, f.Rd, reverse(b, how, Rnot15(b, f.Rm))),
    }),
    t32: t32(name, `111110101001 Rm2:4 1111 Rd:4 10 ${inT32} Rm:4`, {
      valid: sameSource,
      asm: f => `${how}${how === 'rbit' ? '' : '.w'}\t${regs(f.Rd, f.Rm)}`,
      exec: (b, f) => setR(b, f.Rd, reverse(b, how, Rnot15(b, f.Rm))),
    }),
  };
}

const reversals = ['rev', 'rev16', undefined, 'revsh'] as const;
const REVERSE_16 = t16('REV, REV16, REVSH', '10111010 op!2 Rm:3 Rd:3', {
  valid: f => reversals[f.op] !== undefined,
  asm: f => `${reversals[f.op]}\t${regs(f.Rd, f.Rm)}`,
  exec: (b, f) => setR(b, f.Rd, reverse(b, reversals[f.op] as Reversal, Rnot15(b, f.Rm))),
});

const CLZ: Pair = {
  a32: a32('CLZ', '00010110 1111 Rd:4 1111 0001 Rm:4', {
    valid: f => noPC(f.Rd, f.Rm),
    asm: f => spelt('clz', f, regs(f.Rd, f.Rm)),
    exec: (b, f) => setR(b, f.Rd, b.clz(Rnot15(b, f.Rm))),
  }),
  t32: t32('CLZ', '111110101011 Rm2:4 1111 Rd:4 1000 Rm:4', {
    valid: sameSource,
    asm: f => `clz\t${regs(f.Rd, f.Rm)}`,
    exec: (b, f) => setR(b, f.Rd, b.clz(Rnot15(b, f.Rm))),
  }),
};

/** PKHBT, or PKHTB where `tb`: a half of Rn, and the other of shifted Rm. */
function PKH(b: Builder, f: { tb: number; Rn: Operand; Rd: Operand; Rm: Operand; imm5: Operand }): void {
  const [m] = shiftByImmediate(b, Rnot15(b, f.Rm), f.tb ? 2 : 0, f.imm5);
  const n = Rnot15(b, f.Rn);
  const [top, bottom] = f.tb ? [n, m] : [m, n];
  setR(b, f.Rd, b.or(b.and(top, b.i32(-0x10000)), b.and(bottom, b.i32(0xffff))));
}
const packed = (f: { tb: number; Rn: number; Rd: number; Rm: number; imm5: number }): string =>
  spelt(f.tb ? 'pkhtb' : 'pkhbt', f, regs(f.Rd, f.Rn, f.Rm) + shifted(f.tb ? 2 : 0, f.imm5));

const PACK: Pair = {
  a32: a32('PKHBT, PKHTB', '01101000 Rn:4 Rd:4 imm5:5 tb!1 01 Rm:4', { valid: f => noPC(f.Rn, f.Rd, f.Rm), asm: packed, exec: PKH }),
  t32: t32('PKHBT, PKHTB', '111010101100 Rn:4 0 imm3:3 Rd:4 imm2:2 tb!1 0 Rm:4', {
    overrides: ['T32 data processing (shifted register)'],
    valid: f => noPC(f.Rn, f.Rd, f.Rm),
    derive: f => ({ imm5: (f.imm3 << 2) | f.imm2 }),
    asm: f => packed({ ...f, imm5: (f.imm3 << 2) | f.imm2 }),
    exec: (b, f) => PKH(b, f),
  }),
};

export const extensionsAndReversals: readonly Pair[] = [
  ...extension('b', '10', '10'), ...extension('h', '11', '00'), ...extension('b16', '00', '01'), PACK, CLZ,
  reversal('rev', '011 1111 Rd:4 1111 0011', '00'), reversal('rev16', '011 1111 Rd:4 1111 1011', '01'),
  reversal('rbit', '111 1111 Rd:4 1111 0011', '10'), reversal('revsh', '111 1111 Rd:4 1111 1011', '11'),
];
export const extensionsAndReversals16: readonly Insn[] = [EXTEND_16, REVERSE_16];
