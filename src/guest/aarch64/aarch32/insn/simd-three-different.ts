/** Advanced SIMD three registers of different lengths (ARM DDI 0487, F4.1 and F6). */
import { fixed } from '../../insn/fixed.ts';
import { constant, doubled, extend, laneOf, narrow, shiftRight, type NarrowLane } from '../../simd/lanes.ts';
import { multiply64, multiplyBytesWide } from '../../simd/polynomial.ts';
import { type Both, simd } from '../both.ts';
import { dOf, setD, setVector, vector, D, vectorName } from '../vfp.ts';
import { bitsOf, even, hasSize, signed, threeVectors } from './simd-form.ts';
import {
  accumulated, add, difference, doubling, doublingAdd, doublingSubtract, extended, type Long, product, subtract, type Wide,
} from './simd-long.ts';

function long(mnemonic: string, U: 0 | 'both', opcode: string, sizes: string, operation: (unsigned: boolean) => Long): Both {
  return simd(mnemonic.toUpperCase(), (U === 'both' ? 'U!1' : '0') as 'U!1', `1 D:1 size!2 Vn:4 Vd:4 ${fixed(opcode)} N:1 0 M:1 0 Vm:4`, {
    valid: f => hasSize(sizes, f.size) && even(1, f.Vd),
    derive: threeVectors,
    asm(f) {
      const { d, n, m } = threeVectors(f);
      return `${mnemonic}.${signed(f.U, f.size)}\t${vectorName(1, d)}, d${n}, d${m}`;
    },
    exec(b, f) {
      const of = operation(U === 'both' && f.U === 1);
      setVector(b, 1, f.d, of(b, laneOf(f.size) as NarrowLane, D(b, f.n), D(b, f.m), () => vector(b, 1, f.d)));
    },
  });
}

/** VADDW, VSUBW: Vn has wide elements already. */
const wide = (mnemonic: string, opcode: string, operation: Wide): Both =>
  simd(mnemonic.toUpperCase(), 'U!1', `1 D:1 size!2 Vn:4 Vd:4 ${fixed(opcode)} N:1 0 M:1 0 Vm:4`, {
    valid: f => f.size !== 3 && even(1, f.Vd, f.Vn),
    derive: threeVectors,
    asm(f) {
      const { d, n, m } = threeVectors(f);
      return `${mnemonic}.${signed(f.U, f.size)}\t${vectorName(1, d)}, ${vectorName(1, n)}, d${m}`;
    },
    exec(b, f) {
      const lane = laneOf(f.size) as NarrowLane;
      setVector(b, 1, f.d, operation(b, doubled(lane), vector(b, 1, f.n), extend(b, lane, f.U === 1, 'low', D(b, f.m))));
    },
  });

/** VADDHN …: the high halves of sums or differences, rounded where U is 1. */
const narrowing = (mnemonic: string, opcode: string, operation: Wide): Both =>
  simd(`V(R)${mnemonic.toUpperCase()}`, 'U!1', `1 D:1 size!2 Vn:4 Vd:4 ${fixed(opcode)} N:1 0 M:1 0 Vm:4`, {
    valid: f => f.size !== 3 && even(1, f.Vn, f.Vm),
    derive: threeVectors,
    asm(f) {
      const { d, n, m } = threeVectors(f);
      return `v${f.U ? 'r' : ''}${mnemonic}.i${2 * bitsOf(f.size)}\td${d}, ${vectorName(1, n)}, ${vectorName(1, m)}`;
    },
    exec(b, f) {
      const lane = laneOf(f.size) as NarrowLane;
      const from = doubled(lane);
      const exact = operation(b, from, vector(b, 1, f.n), vector(b, 1, f.m));
      const rounded = f.U ? b.vadd(from, exact, constant(b, from, 1n << BigInt(lane - 1))) : exact;
      setD(b, f.d, narrow(b, lane, shiftRight(b, from, true, rounded, lane)));
    },
  });

const polynomial: readonly Both[] = ([['00', 'p8', {}], ['10', 'p64', { feature: 'PMULL' }]] as const).map(([size, type, feature]) =>
  simd(`VMULL (${type})`, '0', `1 D:1 ${size} Vn:4 Vd:4 1110 N:1 0 M:1 0 Vm:4`, {
    ...feature,
    valid: f => even(1, f.Vd),
    derive: threeVectors,
    asm: f => `vmull.${type}\t${vectorName(1, dOf(f.D, f.Vd))}, d${dOf(f.N, f.Vn)}, d${dOf(f.M, f.Vm)}`,
    exec(b, f) {
      const [n, m] = [D(b, f.n), D(b, f.m)];
      setVector(b, 1, f.d, size === '00' ? multiplyBytesWide(b, 'low', n, m) : multiply64(b, b.vget(64, n, 0), b.vget(64, m, 0)));
    },
  }),
);

export const simdThreeDifferent: readonly Both[] = [
  long('vaddl', 'both', '0000', 'bhs', extended(add)),
  wide('vaddw', '0001', add),
  long('vsubl', 'both', '0010', 'bhs', extended(subtract)),
  wide('vsubw', '0011', subtract),
  narrowing('addhn', '0100', add),
  long('vabal', 'both', '0101', 'bhs', accumulated(add, difference)),
  narrowing('subhn', '0110', subtract),
  long('vabdl', 'both', '0111', 'bhs', difference),
  long('vmlal', 'both', '1000', 'bhs', accumulated(add, product)),
  long('vqdmlal', 0, '1001', 'hs', doublingAdd),
  long('vmlsl', 'both', '1010', 'bhs', accumulated(subtract, product)),
  long('vqdmlsl', 0, '1011', 'hs', doublingSubtract),
  long('vmull', 'both', '1100', 'bhs', product),
  long('vqdmull', 0, '1101', 'hs', doubling),
  ...polynomial,
];
