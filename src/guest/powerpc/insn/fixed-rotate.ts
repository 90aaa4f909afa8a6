/** Rotations and shifts: Power ISA Book I, 3.3.14. Masks count bits from the left; those of words may wrap round. */
import type { Builder, I32, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { dot, r } from '../names.ts';
import { fixed, GPR, GPR32, is64, setCA, setResult } from '../pseudocode.ts';

const ALL = 0xffff_ffff_ffff_ffffn;
/** MASK(x, y): ones from bit x through bit y, round the end where x is behind y. */
function MASK(x: number, y: number): bigint {
  const from = ALL >> BigInt(x);
  const to = BigInt.asUintN(64, ALL << BigInt(63 - y));
  return x <= y ? from & to : from | to;
}

/** ROTL32: the word's rotation in both halves. */
function ROTL32(b: Builder, x: I32, n: I32): I64 {
  const word = b.extU(b.rotl(x, n));
  return is64(b) ? b.or(word, b.shl(word, b.i32(32))) : word;
}

const insert = (b: Builder, mask: I64, x: I64, y: I64): I64 => b.or(b.and(x, mask), b.and(y, b.not(mask)));

const rlwinm = insn('rlwinm', '010101 RS:5 RA:5 SH:5 MB:5 ME:5 Rc!1', {
  derive: f => ({ mask: MASK(f.MB + 32, f.ME + 32) }),
  asm(f) {
    const registers = `${r(f.RA)},${r(f.RS)}`;
    if (f.MB === 0 && f.ME === 31) return `${dot('rotlwi', f.Rc)}\t${registers},${f.SH}`;
    if (f.SH === 0 && f.MB === 0) return `${dot('clrrwi', f.Rc)}\t${registers},${31 - f.ME}`;
    if (f.SH === 0 && f.ME === 31) return `${dot('clrlwi', f.Rc)}\t${registers},${f.MB}`;
    if (f.MB === 0 && f.ME === 31 - f.SH) return `${dot('slwi', f.Rc)}\t${registers},${f.SH}`;
    if (f.ME === 31 && f.MB === 32 - f.SH) return `${dot('srwi', f.Rc)}\t${registers},${f.MB}`;
    return `${dot('rlwinm', f.Rc)}\t${registers},${f.SH},${f.MB},${f.ME}`;
  },
  exec: (b, f) => setResult(b, f.RA, b.and(ROTL32(b, GPR32(b, f.RS), b.operand(f.SH)), f.mask), f.Rc),
});

const rlwnm = insn('rlwnm', '010111 RS:5 RA:5 RB:5 MB:5 ME:5 Rc!1', {
  derive: f => ({ mask: MASK(f.MB + 32, f.ME + 32) }),
  asm(f) {
    const registers = `${r(f.RA)},${r(f.RS)},${r(f.RB)}`;
    return f.MB === 0 && f.ME === 31 ? `${dot('rotlw', f.Rc)}\t${registers}` : `${dot('rlwnm', f.Rc)}\t${registers},${f.MB},${f.ME}`;
  },
  exec: (b, f) => setResult(b, f.RA, b.and(ROTL32(b, GPR32(b, f.RS), GPR32(b, f.RB)), f.mask), f.Rc),
});

const rlwimi = insn('rlwimi', '010100 RS:5 RA:5 SH:5 MB:5 ME:5 Rc!1', {
  derive: f => ({ mask: MASK(f.MB + 32, f.ME + 32) }),
  asm: f => `${dot('rlwimi', f.Rc)}\t${r(f.RA)},${r(f.RS)},${f.SH},${f.MB},${f.ME}`,
  exec(b, f) {
    setResult(b, f.RA, insert(b, f.mask, ROTL32(b, GPR32(b, f.RS), b.operand(f.SH)), GPR(b, f.RA)), f.Rc);
  },
});

/** The six bits of a doubleword's shift or mask lie in two parts. */
const six = (low: number, high: number): number => (high << 5) | low;
/** A mask's number has its high bit last. */
const bound = (f: { readonly mb: number }): number => six(f.mb >> 1, f.mb & 1);

interface Rotation { readonly name: string; readonly alias?: (sh: number, mb: number) => string | undefined }

function aliasLeft(sh: number, mb: number): string | undefined {
  if (mb === 0) return `rotldi ${sh}`;
  if (sh === 0) return `clrldi ${mb}`;
  return mb === 64 - sh ? `srdi ${mb}` : undefined;
}

function aliasRight(sh: number, me: number): string | undefined {
  if (sh === 0) return `clrrdi ${63 - me}`;
  return me === 63 - sh ? `sldi ${sh}` : undefined;
}

/** MD-form: rotate left by an immediate, then `mask` of the shift and the other number. */
function doubleword({ name, alias }: Rotation, XO: number, mask: (sh: number, mb: number) => bigint, inserts = false): Insn {
  return insn(name, `011110 RS:5 RA:5 sh:5 mb:6 ${fixed(XO, 3)} sh5:1 Rc!1`, {
    feature: '64',
    derive: f => ({ mask: mask(six(f.sh, f.sh5), bound(f)), n: six(f.sh, f.sh5) }),
    asm(f) {
      const [sh, mb] = [six(f.sh, f.sh5), bound(f)];
      const text = alias?.(sh, mb);
      const [mnemonic, operands] = text ? text.split(' ') as [string, string] : [name, `${sh},${mb}`];
      return `${dot(mnemonic, f.Rc)}\t${r(f.RA)},${r(f.RS)},${operands}`;
    },
    exec(b, f) {
      const rotated = b.rotl(GPR(b, f.RS), b.operand(f.n));
      setResult(b, f.RA, inserts ? insert(b, f.mask, rotated, GPR(b, f.RA)) : b.and(rotated, f.mask), f.Rc);
    },
  });
}

/** MDS-form: rotate left by a register. */
function byRegister(name: string, XO: number, mask: (mb: number) => bigint, alias?: string): Insn {
  return insn(name, `011110 RS:5 RA:5 RB:5 mb:6 ${fixed(XO, 4)} Rc!1`, {
    feature: '64',
    derive: f => ({ mask: mask(bound(f)) }),
    asm(f) {
      const registers = `${r(f.RA)},${r(f.RS)},${r(f.RB)}`;
      return alias && f.mb === 0 ? `${dot(alias, f.Rc)}\t${registers}` : `${dot(name, f.Rc)}\t${registers},${bound(f)}`;
    },
    exec: (b, f) => setResult(b, f.RA, b.and(b.rotl(GPR(b, f.RS), GPR32(b, f.RB)), f.mask), f.Rc),
  });
}

/** Logical shifts by a register: of 32 (64) or more nothing is left. */
function shift(name: string, XO: number, bits: 32 | 64, of: (b: Builder, x: I64, n: I32) => I64): Insn {
  return insn(name, `011111 RS:5 RA:5 RB:5 ${fixed(XO, 10)} Rc!1`, {
    ...(bits === 64 && { feature: '64' }),
    asm: f => `${dot(name, f.Rc)}\t${r(f.RA)},${r(f.RS)},${r(f.RB)}`,
    exec(b, f) {
      const n = GPR32(b, f.RB);
      const x = GPR(b, f.RS);
      const shifted = of(b, bits === 32 ? b.extU(b.wrap(x)) : x, n);
      setResult(b, f.RA, b.select(b.and(n, b.i32(bits)), b.i64(0), shifted), f.Rc);
    },
  });
}

/** Arithmetic shifts: CA where the number is negative and ones were shifted out. `n` is at most 63. */
function shiftRight(b: Builder, RA: Operand, x: I64, n: I32, Rc: number): void {
  const result = b.shrS(x, n);
  const lost = b.ne(b.shl(result, n), x);
  setCA(b, b.and(b.wrap(b.shrU(x, b.i32(63))), lost));
  setResult(b, RA, result, Rc);
}

const sraw = insn('sraw', '011111 RS:5 RA:5 RB:5 1100011000 Rc!1', {
  asm: f => `${dot('sraw', f.Rc)}\t${r(f.RA)},${r(f.RS)},${r(f.RB)}`,
  exec: (b, f) => shiftRight(b, f.RA, b.extS(GPR32(b, f.RS)), b.and(GPR32(b, f.RB), b.i32(63)), f.Rc),
});

const srad = insn('srad', '011111 RS:5 RA:5 RB:5 1100011010 Rc!1', {
  feature: '64',
  asm: f => `${dot('srad', f.Rc)}\t${r(f.RA)},${r(f.RS)},${r(f.RB)}`,
  exec(b, f) {
    const n = GPR32(b, f.RB);
    const x = GPR(b, f.RS);
    const all = b.ne(b.and(n, b.i32(64)), b.i32(0));
    const result = b.shrS(x, b.select(all, b.i32(63), n));
    const lost = b.or(all, b.ne(b.shl(result, n), x));
    setCA(b, b.and(b.wrap(b.shrU(x, b.i32(63))), lost));
    setResult(b, f.RA, result, f.Rc);
  },
});

const srawi = insn('srawi', '011111 RS:5 RA:5 SH:5 1100111000 Rc!1', {
  asm: f => `${dot('srawi', f.Rc)}\t${r(f.RA)},${r(f.RS)},${f.SH}`,
  exec: (b, f) => shiftRight(b, f.RA, b.extS(GPR32(b, f.RS)), b.operand(f.SH), f.Rc),
});

const sradi = insn('sradi', '011111 RS:5 RA:5 sh:5 110011101 sh5:1 Rc!1', {
  feature: '64',
  derive: f => ({ n: six(f.sh, f.sh5) }),
  asm: f => `${dot('sradi', f.Rc)}\t${r(f.RA)},${r(f.RS)},${six(f.sh, f.sh5)}`,
  exec: (b, f) => shiftRight(b, f.RA, GPR(b, f.RS), b.operand(f.n), f.Rc),
});

const extswsli = insn('extswsli', '011111 RS:5 RA:5 sh:5 110111101 sh5:1 Rc!1', {
  feature: '3.0',
  derive: f => ({ n: six(f.sh, f.sh5) }),
  asm: f => `${dot('extswsli', f.Rc)}\t${r(f.RA)},${r(f.RS)},${six(f.sh, f.sh5)}`,
  exec: (b, f) => setResult(b, f.RA, b.shl(b.extS(GPR32(b, f.RS)), b.operand(f.n)), f.Rc),
});

export const fixedRotate: readonly Insn[] = [
  rlwinm, rlwnm, rlwimi,
  doubleword({ name: 'rldicl', alias: aliasLeft }, 0, (_sh, mb) => MASK(mb, 63)),
  doubleword({ name: 'rldicr', alias: aliasRight }, 1, (_sh, me) => MASK(0, me)),
  doubleword({ name: 'rldic' }, 2, (sh, mb) => MASK(mb, 63 - sh)),
  doubleword({ name: 'rldimi' }, 3, (sh, mb) => MASK(mb, 63 - sh), true),
  byRegister('rldcl', 8, mb => MASK(mb, 63), 'rotld'),
  byRegister('rldcr', 9, me => MASK(0, me)),
  shift('slw', 24, 32, (b, x, n) => b.extU(b.wrap(b.shl(x, n)))),
  shift('srw', 536, 32, (b, x, n) => b.shrU(x, n)),
  shift('sld', 27, 64, (b, x, n) => b.shl(x, n)),
  shift('srd', 539, 64, (b, x, n) => b.shrU(x, n)),
  sraw, srawi, srad, sradi, extswsli,
];
