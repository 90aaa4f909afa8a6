/** Dot and matrix products of bytes and of BFloat16 (FEAT_DotProd, FEAT_I8MM, FEAT_BF16; ARM DDI 0487, F4.1 and F6). */
import type { Builder, V128 } from '../../../../isa/builder.ts';
import { BFDotAdd, matrixProduct as matrixProductOfBFloats, singles } from '../../fp/bfloat-vector.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import { FPMulAdd } from '../../fp/vector.ts';
import { fixed } from '../../insn/fixed.ts';
import { splatElement } from '../../insn/simd-by-element.ts';
import { dotProduct, matrixProduct } from '../../simd/dot.ts';
import { always, type Both } from '../both.ts';
import { dOf, Qreg, setVector, vector, vectorName, vectorNames } from '../vfp.ts';
import { scalarName, scalarPlace } from './simd-by-scalar.ts';
import { even, threeAreEven, threeVectorNames, threeVectors } from './simd-form.ts';

/** Vd and the products of Vn and Vm added to it. */
type Operation = (b: Builder, Q: number, d: V128, n: V128, m: V128) => V128;

const bytes = (product: typeof dotProduct, n: boolean, m: boolean): Operation => (b, _Q, d, x, y) =>
  b.vadd(32, d, product(b, { bytes: x, unsigned: n }, { bytes: y, unsigned: m }));
const bfloats: Operation = (b, Q, d, n, m) => BFDotAdd(b, Q ? 4 : 2, d, n, m);

/** Name, feature, bits 24..23 and 21..20, U, spelling. */
type Row = readonly [mnemonic: string, feature: string, o0: string, o1: string, U: 0 | 1, operation: Operation];

const dots: readonly Row[] = [
  ['vsdot.s8', 'DotProd', '00', '10', 0, bytes(dotProduct, false, false)],
  ['vudot.u8', 'DotProd', '00', '10', 1, bytes(dotProduct, true, true)],
  ['vusdot.s8', 'I8MM', '01', '10', 0, bytes(dotProduct, true, false)],
  ['vdot.bf16', 'BF16', '00', '00', 0, bfloats],
];
/** Bit 23 and bits 21..20. */
const dotsByScalar: readonly Row[] = [
  ['vsdot.s8', 'DotProd', '0', '10', 0, bytes(dotProduct, false, false)],
  ['vudot.u8', 'DotProd', '0', '10', 1, bytes(dotProduct, true, true)],
  ['vusdot.s8', 'I8MM', '1', '00', 0, bytes(dotProduct, true, false)],
  ['vsudot.u8', 'I8MM', '1', '00', 1, bytes(dotProduct, false, true)],
  ['vdot.bf16', 'BF16', '0', '00', 0, bfloats],
];
const matrices: readonly Row[] = [
  ['vsmmla.s8', 'I8MM', '00', '10', 0, bytes(matrixProduct, false, false)],
  ['vummla.u8', 'I8MM', '00', '10', 1, bytes(matrixProduct, true, true)],
  ['vusmmla.s8', 'I8MM', '01', '10', 0, bytes(matrixProduct, true, false)],
  ['vmmla.bf16', 'BF16', '00', '00', 0, (b, _Q, d, n, m) => matrixProductOfBFloats(b, d, n, m)],
];
const title = (mnemonic: string): string => mnemonic.replace(/\..*/, '').toUpperCase();

const vectors: readonly Both[] = dots.map(([mnemonic, feature, o0, o1, U, operation]) =>
  always(`${title(mnemonic)} (vector)`, `110 ${fixed(o0)} D:1 ${fixed(o1)} Vn:4 Vd:4 1101 N:1 Q!1 M:1 ${fixed(U)} Vm:4`, {
    feature,
    valid: threeAreEven,
    derive: threeVectors,
    asm: f => `${mnemonic}\t${threeVectorNames(f)}`,
    exec: (b, f) => setVector(b, f.Q, f.d, operation(b, f.Q, vector(b, f.Q, f.d), vector(b, f.Q, f.n), vector(b, f.Q, f.m))),
  }),
);

/** The word of D0..D15 that M tells. */
const byScalar: readonly Both[] = dotsByScalar.map(([mnemonic, feature, o0, o1, U, operation]) =>
  always(`${title(mnemonic)} (by element)`, `1110 ${fixed(o0)} D:1 ${fixed(o1)} Vn:4 Vd:4 1101 N:1 Q!1 M:1 ${fixed(U)} Vm:4`, {
    feature,
    valid: f => even(f.Q, f.Vd, f.Vn),
    derive: f => ({ d: dOf(f.D, f.Vd), n: dOf(f.N, f.Vn), ...scalarPlace({ ...f, size: 2 }) }),
    asm: f => `${mnemonic}\t${vectorNames(f.Q, dOf(f.D, f.Vd), dOf(f.N, f.Vn))}, ${scalarName({ ...f, size: 2 })}`,
    exec(b, f) {
      const m = splatElement(b, 32, Qreg(b, f.q), f.bytes);
      setVector(b, f.Q, f.d, operation(b, f.Q, vector(b, f.Q, f.d), vector(b, f.Q, f.n), m));
    },
  }),
);

const products: readonly Both[] = matrices.map(([mnemonic, feature, o0, o1, U, operation]) =>
  always(title(mnemonic), `110 ${fixed(o0)} D:1 ${fixed(o1)} Vn:4 Vd:4 1100 N:1 1 M:1 ${fixed(U)} Vm:4`, {
    feature,
    valid: f => threeAreEven({ ...f, Q: 1 }),
    derive: threeVectors,
    asm: f => `${mnemonic}\t${threeVectorNames({ ...f, Q: 1 })}`,
    exec: (b, f) => setVector(b, 1, f.d, operation(b, 1, vector(b, 1, f.d), vector(b, 1, f.n), vector(b, 1, f.m))),
  }),
);

/** The lower (B) or upper (T) of BFloat16's pairs, as singles. */
const multiplyAddLong = (b: Builder, top: number, d: V128, n: V128, m: V128): V128 =>
  underStandardFPSCR(b, () => FPMulAdd(b, 32, 4, d, singles(b, n, top), m, false));

const long: readonly Both[] = [
  always('VFMAB, VFMAT (vector)', '110 00 D:1 11 Vn:4 Vd:4 1000 N:1 T!1 M:1 1 Vm:4', {
    feature: 'BF16',
    valid: f => threeAreEven({ ...f, Q: 1 }),
    derive: threeVectors,
    asm: f => `vfma${f.T ? 't' : 'b'}.bf16\t${threeVectorNames({ ...f, Q: 1 })}`,
    exec: (b, f) =>
      setVector(b, 1, f.d, multiplyAddLong(b, f.T, vector(b, 1, f.d), vector(b, 1, f.n), singles(b, vector(b, 1, f.m), f.T))),
  }),
  always('VFMAB, VFMAT (by element)', '1110 0 D:1 11 Vn:4 Vd:4 1000 N:1 T!1 M:1 1 Vm:4', {
    feature: 'BF16',
    valid: f => even(1, f.Vd, f.Vn),
    derive: f => ({ d: dOf(f.D, f.Vd), n: dOf(f.N, f.Vn), ...scalarPlace({ ...f, size: 1 }) }),
    asm: f => `vfma${f.T ? 't' : 'b'}.bf16\t${vectorName(1, dOf(f.D, f.Vd))}, ${vectorName(1, dOf(f.N, f.Vn))}, ${scalarName({ ...f, size: 1 })}`,
    exec(b, f) {
      const m = singles(b, splatElement(b, 16, Qreg(b, f.q), f.bytes), 1);
      setVector(b, 1, f.d, multiplyAddLong(b, f.T, vector(b, 1, f.d), vector(b, 1, f.n), m));
    },
  }),
];

export const simdDot: readonly Both[] = [...vectors, ...byScalar, ...products, ...long];
