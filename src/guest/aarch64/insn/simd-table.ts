/** Advanced SIMD table lookup: TBL and TBX of one to four registers (DDI 0487, C7). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { lanes, vector, vectorList } from '../names.ts';
import { setVQ, V } from '../pseudocode.ts';
import { constant } from '../simd/lanes.ts';
import { fpInsn } from './fp-access.ts';

/** The table's bytes that `indices` select: 0 where that is past its end. */
function lookUp(b: Builder, table: readonly Operand[], indices: V128): V128 {
  return table.map((register, i) => b.vswizzle(V(b, register), i === 0 ? indices : b.vsub(8, indices, constant(b, 8, BigInt(16 * i)))))
    .reduce((found, bytes) => b.vor(found, bytes));
}

const TBL = fpInsn('TBL, TBX', '0 Q!1 0 01110 00 0 Rm:5 0 len!2 op!1 00 Rn:5 Rd:5', {
  derive: f => ({ Rn1: (f.Rn + 1) % 32, Rn2: (f.Rn + 2) % 32, Rn3: (f.Rn + 3) % 32 }),
  asm: f => `${f.op ? 'tbx' : 'tbl'}\t${vector(f.Q, 0, f.Rd)}, ${vectorList(f.Rn, f.len + 1, lanes(1, 0))}, ${vector(f.Q, 0, f.Rm)}`,
  exec(b, f) {
    const indices = V(b, f.Rm);
    const found = lookUp(b, [f.Rn, f.Rn1, f.Rn2, f.Rn3].slice(0, f.len + 1), indices);
    const outside = (): V128 => b.vgeU(8, indices, constant(b, 8, BigInt(16 * (f.len + 1))));
    setVQ(b, f.Rd, f.Q, f.op ? b.vselect(outside(), V(b, f.Rd), found) : found);
  },
});

export const simdTable: readonly Insn[] = [TBL];
