/** Data processing with one, two and three sources: ARM DDI 0487, C4.1, "Data Processing -- Register". */
import type { Builder, Int } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { CRC32, CRC32C } from '../crc32.ts';
import { reg, shiftNames } from '../names.ts';
import { setX, shift, X } from '../pseudocode.ts';

/** `pattern` (32 bits) repeated to the width of `like`. */
function repeated<T extends Int>(b: Builder, like: T, pattern: bigint): T {
  return (b.width(like) === 64 ? b.i64((pattern << 32n) | pattern) : b.i32(Number(BigInt.asIntN(32, pattern)))) as T;
}

/** The bits in `mask` (32 bits, repeated) exchanged with those `distance` above them. */
function exchange<T extends Int>(b: Builder, x: T, mask: bigint, distance: number): T {
  const m = repeated(b, x, mask);
  const n = b.i32(distance);
  return b.or(b.shl(b.and(x, m), n), b.and(b.shrU(x, n), m));
}

function RBIT<T extends Int>(b: Builder, x: T): T {
  const pairs = exchange(b, exchange(b, x, 0x55555555n, 1), 0x33333333n, 2);
  return b.bswap(exchange(b, pairs, 0x0f0f0f0fn, 4));
}

function oneSource<T extends Int>(b: Builder, opcode: number, x: T): T {
  const isWide = b.width(x) === 64;
  switch (opcode) {
    case 0: return RBIT(b, x);
    case 1: return exchange(b, x, 0x00ff00ffn, 8);
    case 2: return isWide ? b.rotl(b.bswap(x), b.i32(32)) : b.bswap(x);
    case 3: return b.bswap(x);
    case 4: return b.clz(x);
    default: // CLS: equal bits make zeros; the topmost, which stands for the sign itself, isn't counted.
      return b.sub(b.clz(b.xor(x, b.shrS(x, b.i32(1)))), (isWide ? b.i64(1) : b.i32(1)) as T);
  }
}

const oneSourceNames = ['rbit', 'rev16', 'rev', 'rev', 'clz', 'cls'] as const;

const ONE_SOURCE = insn('data processing (1 source)', 'sf!1 1 0 11010110 00000 000 opcode!3 Rn:5 Rd:5', {
  valid: f => f.opcode <= 5 && (f.sf === 1 || f.opcode !== 3),
  asm: f => `${f.sf && f.opcode === 2 ? 'rev32' : oneSourceNames[f.opcode]}\t${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}`,
  exec: (b, f) => setX(b, f.Rd, oneSource(b, f.opcode, X(b, f.Rn, f.sf ? 64 : 32))),
});

const DIVIDE = insn('UDIV/SDIV', 'sf!1 0 0 11010110 Rm:5 00001 o1!1 Rn:5 Rd:5', {
  asm: f => `${f.o1 ? 's' : 'u'}div\t${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}`,
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const x = X(b, f.Rn, n);
    const y = X(b, f.Rm, n);
    setX(b, f.Rd, f.o1 ? b.divS(x, y) : b.divU(x, y));
  },
});

const SHIFT_variable = insn('LSLV/LSRV/ASRV/RORV', 'sf!1 0 0 11010110 Rm:5 0010 op2!2 Rn:5 Rd:5', {
  asm: f => `${shiftNames[f.op2 as 0]}\t${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}`,
  exec: (b, f) => setX(b, f.Rd, shift(b, X(b, f.Rn, f.sf ? 64 : 32), f.op2, X(b, f.Rm, 32))),
});

const CRC = insn('CRC32', 'sf!1 0 0 11010110 Rm:5 010 C!1 sz!2 Rn:5 Rd:5', {
  feature: 'CRC32',
  valid: f => (f.sf === 1) === (f.sz === 3),
  asm: f => `crc32${f.C ? 'c' : ''}${'bhwx'[f.sz]}\t${reg(0, f.Rd)}, ${reg(0, f.Rn)}, ${reg(f.sf, f.Rm)}`,
  exec: (b, f) => setX(b, f.Rd, b.call(f.C ? CRC32C : CRC32, X(b, f.Rn, 32), X(b, f.Rm, 64), b.i32(1 << f.sz))),
});

const MULTIPLY_ADD = insn('MADD/MSUB', 'sf!1 00 11011 000 Rm:5 o0!1 Ra:5 Rn:5 Rd:5', {
  asm(f) {
    const operands = `${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}`;
    return f.Ra === 31 ? `${f.o0 ? 'mneg' : 'mul'}\t${operands}` : `${f.o0 ? 'msub' : 'madd'}\t${operands}, ${reg(f.sf, f.Ra)}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const product = b.mul(X(b, f.Rn, n), X(b, f.Rm, n));
    const addend = X(b, f.Ra, n);
    setX(b, f.Rd, f.o0 ? b.sub(addend, product) : b.add(addend, product));
  },
});

const MULTIPLY_ADD_long = insn('SMADDL/SMSUBL/UMADDL/UMSUBL', '1 00 11011 U!1 01 Rm:5 o0!1 Ra:5 Rn:5 Rd:5', {
  asm(f) {
    const letter = f.U ? 'u' : 's';
    const operands = `${reg(1, f.Rd)}, ${reg(0, f.Rn)}, ${reg(0, f.Rm)}`;
    if (f.Ra === 31) return `${letter}${f.o0 ? 'mnegl' : 'mull'}\t${operands}`;
    return `${letter}${f.o0 ? 'msubl' : 'maddl'}\t${operands}, ${reg(1, f.Ra)}`;
  },
  exec(b, f) {
    const n = X(b, f.Rn, 32);
    const m = X(b, f.Rm, 32);
    const product = f.U ? b.mul(b.extU(n), b.extU(m)) : b.mul(b.extS(n), b.extS(m));
    const addend = X(b, f.Ra, 64);
    setX(b, f.Rd, f.o0 ? b.sub(addend, product) : b.add(addend, product));
  },
});

const MULTIPLY_high = insn('SMULH/UMULH', '1 00 11011 U!1 10 Rm:5 0 Ra:5 Rn:5 Rd:5', {
  asm: f => `${f.U ? 'u' : 's'}mulh\t${reg(1, f.Rd)}, ${reg(1, f.Rn)}, ${reg(1, f.Rm)}`,
  exec(b, f) {
    const n = X(b, f.Rn, 64);
    const m = X(b, f.Rm, 64);
    setX(b, f.Rd, f.U ? b.mulHighU(n, m) : b.mulHighS(n, m));
  },
});

export const dataProcessingSources: readonly Insn[] = [
  ONE_SOURCE, DIVIDE, SHIFT_variable, CRC, MULTIPLY_ADD, MULTIPLY_ADD_long, MULTIPLY_high,
];
