/** Floating-point arithmetic, roundings and conversions: Power ISA 2.07B Book I, 4.6.5 to 4.6.7. */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { Operation } from '../fp/operations.ts';
import { FPR, setFPR } from '../fp/registers.ts';
import { arithmetic, finish, type Width } from '../fp/scalar.ts';
import { dot, fr } from '../names.ts';
import { fixed } from '../pseudocode.ts';

/** Fields that an instruction doesn't have are zeros. */
type Fields = 'ab' | 'ac' | 'b' | 'acb';

interface Form {
  readonly fields: Fields;
  readonly feature?: string;
}

const single = (N: Width): number => (N === 64 ? 63 : 59);

function exec(b: Builder, operation: Operation, N: Width, FRT: Operand, operands: readonly [I64, I64, I64], Rc: number): void {
  setFPR(b, FRT, arithmetic(b, operation, N, operands, FPR(b, FRT)));
  finish(b, Rc);
}

/** A form. `XO` has 5 bits. */
function arithmeticInsn(name: string, operation: Operation, N: Width, XO: number, { fields, feature }: Form): Insn {
  const has = (field: string): boolean => fields.includes(field);
  return insn(name, `${fixed(single(N), 6)} FRT:5 FRA:5 FRB:5 FRC:5 ${fixed(XO, 5)} Rc!1`, {
    ...(feature === undefined ? {} : { feature }),
    restartable: true,
    valid: f => (has('a') || f.FRA === 0) && (has('b') || f.FRB === 0) && (has('c') || f.FRC === 0),
    asm: f => `${dot(name, f.Rc)}\t${[fr(f.FRT), ...[...fields].map(c => fr({ a: f.FRA, b: f.FRB, c: f.FRC }[c] as number))].join(',')}`,
    exec(b, f) {
      const source = (field: string, r: Operand): I64 => (has(field) ? FPR(b, r) : b.i64(0));
      exec(b, operation, N, f.FRT, [source('a', f.FRA), source('b', f.FRB), source('c', f.FRC)], f.Rc);
    },
  });
}

/** The double-precision form and the single-precision one, whose name ends in s. */
function both(operation: Operation, XO: number, fields: Fields, features: readonly [string?, string?] = []): Insn[] {
  return ([64, 32] as const).map((N, i) =>
    arithmeticInsn(N === 64 ? operation : `${operation}s`, operation, N, XO, features[i] === undefined ? { fields } : { fields, feature: features[i] }));
}

/** X form: an operation of FRB with 10 bits of XO. */
function unary(name: string, operation: Operation, N: Width, primary: number, XO: number, feature?: string): Insn {
  return insn(name, `${fixed(primary, 6)} FRT:5 00000 FRB:5 ${fixed(XO, 10)} Rc!1`, {
    ...(feature === undefined ? {} : { feature }),
    restartable: true,
    asm: f => `${dot(name, f.Rc)}\t${fr(f.FRT)},${fr(f.FRB)}`,
    exec: (b, f) => exec(b, operation, N, f.FRT, [b.i64(0), FPR(b, f.FRB), b.i64(0)], f.Rc),
  });
}

export const fpArithmetic: readonly Insn[] = [
  ...both('fadd', 21, 'ab'),
  ...both('fsub', 20, 'ab'),
  ...both('fmul', 25, 'ac'),
  ...both('fdiv', 18, 'ab'),
  ...both('fsqrt', 22, 'b', ['sqrt', 'sqrt']),
  ...both('fre', 24, 'b', ['2.02', 'graphics']),
  ...both('frsqrte', 26, 'b', ['graphics', '2.02']),
  ...both('fmadd', 29, 'acb'),
  ...both('fmsub', 28, 'acb'),
  ...both('fnmadd', 31, 'acb'),
  ...both('fnmsub', 30, 'acb'),
  unary('frsp', 'frsp', 32, 63, 12),
  unary('fcfid', 'fcfid', 64, 63, 846, '64'),
  unary('fcfidu', 'fcfidu', 64, 63, 974, '2.06'),
  unary('fcfids', 'fcfid', 32, 59, 846, '2.06'),
  unary('fcfidus', 'fcfidu', 32, 59, 974, '2.06'),
  unary('fctiw', 'fctiw', 64, 63, 14),
  unary('fctiwz', 'fctiwz', 64, 63, 15),
  unary('fctiwu', 'fctiwu', 64, 63, 142, '2.06'),
  unary('fctiwuz', 'fctiwuz', 64, 63, 143, '2.06'),
  unary('fctid', 'fctid', 64, 63, 814, '64'),
  unary('fctidz', 'fctidz', 64, 63, 815, '64'),
  unary('fctidu', 'fctidu', 64, 63, 942, '2.06'),
  unary('fctiduz', 'fctiduz', 64, 63, 943, '2.06'),
  unary('frin', 'frin', 64, 63, 392, '2.02'),
  unary('friz', 'friz', 64, 63, 424, '2.02'),
  unary('frip', 'frip', 64, 63, 456, '2.02'),
  unary('frim', 'frim', 64, 63, 488, '2.02'),
];
