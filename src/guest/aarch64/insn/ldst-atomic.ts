/** The atomic instructions of FEAT_LSE: ARM DDI 0487, C4.1, "Atomic memory operations", "Compare and swap (pair)". */
import type { AtomicOp, Bytes, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, reg } from '../names.ts';
import { setX, X } from '../pseudocode.ts';
import { atomicAccess } from './aligned.ts';
import { baseAddress } from './base-address.ts';

/** By `opc`; LDCLR is an AND with the inverse. */
const operations: readonly AtomicOp[] = ['add', 'and', 'xor', 'or', 'maxS', 'minS', 'maxU', 'minU'];
const operationNames = ['add', 'clr', 'eor', 'set', 'smax', 'smin', 'umax', 'umin'] as const;

const suffix = (acquire: number, release: number, size: number): string =>
  `${acquire ? 'a' : ''}${release ? 'l' : ''}${['b', 'h', '', ''][size]}`;

const LDADD = insn('LD<OP>/ST<OP>', 'size!2 111000 A:1 R:1 1 Rs:5 0 opc!3 00 Rn:5 Rt:5', {
  feature: 'LSE',
  asm(f) {
    const sf = f.size === 3 ? 1 : 0;
    const name = operationNames[f.opc] + suffix(f.A, f.R, f.size);
    if (f.Rt === 31 && !f.A) return `st${name}\t${reg(sf, f.Rs)}, ${memory(f.Rn)}`;
    return `ld${name}\t${reg(sf, f.Rs)}, ${reg(sf, f.Rt)}, ${memory(f.Rn)}`;
  },
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    const value = X(b, f.Rs, 64);
    const operand = f.opc === 1 ? b.not(value) : value;
    setX(b, f.Rt, b.atomic(operations[f.opc] as AtomicOp, baseAddress(b, f.Rn), operand, bytes, atomicAccess(b, bytes)));
  },
});

const SWP = insn('SWP', 'size!2 111000 A:1 R:1 1 Rs:5 1 000 00 Rn:5 Rt:5', {
  feature: 'LSE',
  asm: f => `swp${suffix(f.A, f.R, f.size)}\t${reg(f.size === 3 ? 1 : 0, f.Rs)}, ${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    setX(b, f.Rt, b.atomic('swap', baseAddress(b, f.Rn), X(b, f.Rs, 64), bytes, atomicAccess(b, bytes)));
  },
});

const CAS = insn('CAS', 'size!2 001000 1 A:1 1 Rs:5 R:1 11111 Rn:5 Rt:5', {
  feature: 'LSE',
  asm: f => `cas${suffix(f.A, f.R, f.size)}\t${reg(f.size === 3 ? 1 : 0, f.Rs)}, ${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    setX(b, f.Rs, b.compareAndSwap(baseAddress(b, f.Rn), X(b, f.Rs, 64), X(b, f.Rt, 64), bytes, atomicAccess(b, bytes)));
  },
});

const CASP = insn('CASP', '0 sz!1 001000 0 A:1 1 Rs:5 R:1 11111 Rn:5 Rt:5', {
  feature: 'LSE',
  valid: f => f.Rs % 2 === 0 && f.Rt % 2 === 0,
  derive: f => ({ Rs1: f.Rs + 1, Rt1: f.Rt + 1 }),
  asm: f => `casp${suffix(f.A, f.R, 3)}\t${reg(f.sz, f.Rs)}, ${reg(f.sz, f.Rs + 1)}, ` +
    `${reg(f.sz, f.Rt)}, ${reg(f.sz, f.Rt + 1)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = f.sz ? 8 : 4;
    const expected: [I64, I64] = [X(b, f.Rs, 64), X(b, f.Rs1, 64)];
    const replacement: [I64, I64] = [X(b, f.Rt, 64), X(b, f.Rt1, 64)];
    const [first, second] = b.compareAndSwapPair(baseAddress(b, f.Rn), expected, replacement, bytes, atomicAccess(b, 2 * bytes));
    setX(b, f.Rs, first);
    setX(b, f.Rs1, second);
  },
});

export const loadStoreAtomic: readonly Insn[] = [LDADD, SWP, CAS, CASP];
