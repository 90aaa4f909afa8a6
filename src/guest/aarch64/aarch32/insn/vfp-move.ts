/** Moves between core registers and the floating-point ones, and FPSCR (ARM DDI 0487, F4.1 "Advanced SIMD and floating-point system register accesses"). */
import type { Lane } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { fixed } from '../../insn/fixed.ts';
import { fields } from '../../state.ts';
import { type Both, synchronizing, vfp } from '../both.ts';
import { reg } from '../names.ts';
import { Rnot15, setNZCV, setR } from '../pseudocode.ts';
import { dOf, element, FPSCR, setElement, setVector, sOf, vectorName } from '../vfp.ts';

const PC = 15;

/** S[n] and half-precision values in it. */
const singles: readonly Both[] = ([['10', 32, ''], ['01', 16, '.f16']] as const).flatMap(([size, lane, type]) => {
  const feature = lane === 16 ? { feature: 'FP16' } : {};
  return [
    vfp(`VMOV core to single (${lane})`, `1110 000 0 Vn:4 Rt:4 10 ${size} N:1 001 0000`, {
      ...feature,
      valid: f => f.Rt !== PC,
      derive: f => ({ n: sOf(f.N, f.Vn) }),
      asm: f => `vmov${type}\ts${sOf(f.N, f.Vn)}, ${reg(f.Rt)}`,
      exec(b, f) {
        const value = Rnot15(b, f.Rt);
        setElement(b, 32, b.operand(f.n), b.extU(lane === 16 ? b.and(value, b.i32(0xffff)) : value));
      },
    }),
    vfp(`VMOV single to core (${lane})`, `1110 000 1 Vn:4 Rt:4 10 ${size} N:1 001 0000`, {
      ...feature,
      valid: f => f.Rt !== PC,
      derive: f => ({ n: sOf(f.N, f.Vn) }),
      asm: f => `vmov${type}\t${reg(f.Rt)}, s${sOf(f.N, f.Vn)}`,
      exec(b, f) {
        const value = b.wrap(element(b, 32, b.operand(f.n)));
        setR(b, f.Rt, lane === 16 ? b.and(value, b.i32(0xffff)) : value);
      },
    }),
  ];
});

interface Scalar { readonly D: number; readonly Vd: number; readonly x: number; readonly y: number }
/** opc1 and opc2 by element size (`y` is not in all of them), with what is left of them as the index; and the number of the element among all. */
const scalars: readonly (readonly [lane: 8 | 16 | 32, opc1: string, opc2: string, index: (f: Scalar) => number])[] = [
  [32, '0 x:1', '00', f => f.x],
  [16, '0 x:1', 'y:1 1', f => (f.x << 1) | f.y],
  [8, '1 x:1', 'y:2', f => (f.x << 2) | f.y],
];
const place = (lane: Lane, index: number, f: Scalar): number => dOf(f.D, f.Vd) * (64 / lane) + index;

const elements: readonly Both[] = scalars.flatMap(([lane, opc1, opc2, index]) => {
  const name = (f: Scalar): string => `d${dOf(f.D, f.Vd)}[${index(f)}]`;
  return [
    vfp(`VMOV core to scalar (${lane})`, `1110 0 ${opc1 as '0 x:1'} 0 Vd:4 Rt:4 1011 D:1 ${opc2 as '0 y:1'} 1 0000`, {
      valid: f => f.Rt !== PC,
      derive: f => ({ at: place(lane, index(f), f) }),
      asm: f => `vmov.${lane}\t${name(f)}, ${reg(f.Rt)}`,
      exec: (b, f) => setElement(b, lane, b.operand(f.at), b.extU(Rnot15(b, f.Rt))),
    }),
    vfp(`VMOV scalar to core (${lane})`, `1110 U!1 ${opc1 as '0 x:1'} 1 Vd:4 Rt:4 1011 D:1 ${opc2 as '0 y:1'} 1 0000`, {
      valid: f => f.Rt !== PC && (lane !== 32 || f.U === 0),
      derive: f => ({ at: place(lane, index(f), f) }),
      asm: f => `vmov.${lane === 32 ? '' : f.U ? 'u' : 's'}${lane}\t${reg(f.Rt)}, ${name(f)}`,
      exec(b, f) {
        const value = b.wrap(element(b, lane, b.operand(f.at)));
        setR(b, f.Rt, f.U || lane === 32 ? value : b.signExtend(value, lane));
      },
    }),
  ];
});

const VDUP = vfp('VDUP core', '1110 1 B!1 Q!1 0 Vd:4 Rt:4 1011 D:1 0 E!1 1 0000', {
  valid: f => f.Rt !== PC && !(f.B && f.E) && !(f.Q && f.Vd & 1),
  derive: f => ({ d: dOf(f.D, f.Vd) }),
  asm: f => `vdup.${f.B ? 8 : f.E ? 16 : 32}\t${vectorName(f.Q, dOf(f.D, f.Vd))}, ${reg(f.Rt)}`,
  exec: (b, f) => setVector(b, f.Q, f.d, b.vsplat(f.B ? 8 : f.E ? 16 : 32, b.extU(Rnot15(b, f.Rt)))),
});

/** One D register, or two S registers, the first one the lower word. */
const pairs: readonly Both[] = ([['11', 'd'], ['10', 's']] as const).flatMap(([size, kind]) => {
  const first = (f: { M: number; Vm: number }): number => (kind === 'd' ? 2 * dOf(f.M, f.Vm) : sOf(f.M, f.Vm));
  const name = (f: { M: number; Vm: number }): string => (kind === 'd' ? `d${dOf(f.M, f.Vm)}` : `s${first(f)}, s${first(f) + 1}`);
  const valid = (f: { Rt: number; Rt2: number; M: number; Vm: number }): boolean =>
    f.Rt !== PC && f.Rt2 !== PC && (kind === 'd' || first(f) !== 31);
  return [
    vfp(`VMOV two core to ${kind}`, `1100 010 0 Rt2:4 Rt:4 10 ${fixed(size)} 00 M:1 1 Vm:4`, {
      valid,
      derive: f => ({ at: first(f), next: first(f) + 1 }),
      asm: f => `vmov\t${name(f)}, ${reg(f.Rt)}, ${reg(f.Rt2)}`,
      exec(b, f) {
        const second = b.extU(Rnot15(b, f.Rt2));
        setElement(b, 32, b.operand(f.at), b.extU(Rnot15(b, f.Rt)));
        setElement(b, 32, b.operand(f.next), second);
      },
    }),
    vfp(`VMOV ${kind} to two core`, `1100 010 1 Rt2:4 Rt:4 10 ${fixed(size)} 00 M:1 1 Vm:4`, {
      // CONSTRAINED UNPREDICTABLE where both are the same: we choose UNDEFINED
      valid: f => valid(f) && f.Rt !== f.Rt2,
      derive: f => ({ at: first(f), next: first(f) + 1 }),
      asm: f => `vmov\t${reg(f.Rt)}, ${reg(f.Rt2)}, ${name(f)}`,
      exec(b, f) {
        setR(b, f.Rt, b.wrap(element(b, 32, b.operand(f.at))));
        setR(b, f.Rt2, b.wrap(element(b, 32, b.operand(f.next))));
      },
    }),
  ];
});

/** AHP DN FZ RMode, and FZ16 where there is half precision; N Z C V, QC and the cumulative flags. */
const FPCR_bits = 0x07c0_0000;
const FZ16 = 1 << 19;
const FPSR_bits = 0xf800_009f;
const writeFPSCR = defineHelper('VMSR FPSCR', ['i32'], 'void', { touches: [fields.FPCR, fields.FPSR, fields.fpFast, fields.fpFastFlushing] },
  (cpu: Arm64Cpu, value) => {
    const bits = Number(value);
    cpu.state.FPCR = (bits & (FPCR_bits | (cpu.model.features.has('FP16') ? FZ16 : 0))) >>> 0;
    cpu.state.FPSR = (bits & FPSR_bits) >>> 0;
    cpu.fpChanged();
  });

/** At EL0 the other registers are UNDEFINED. */
const system: readonly Both[] = [
  vfp('VMRS APSR', '1110 1111 0001 1111 1010 0001 0000', {
    overrides: ['VMRS'],
    asm: () => 'vmrs\tAPSR_nzcv, fpscr',
    exec: b => setNZCV(b, b.and(b.get(fields.FPSR), b.i32(-0x1000_0000))),
  }),
  vfp('VMRS', '1110 1111 0001 Rt:4 1010 0001 0000', {
    valid: f => f.Rt !== PC,
    asm: f => `vmrs\t${reg(f.Rt)}, fpscr`,
    exec: (b, f) => setR(b, f.Rt, FPSCR(b)),
  }),
  synchronizing(vfp('VMSR', '1110 1110 0001 Rt:4 1010 0001 0000', {
    valid: f => f.Rt !== PC,
    asm: f => `vmsr\tfpscr, ${reg(f.Rt)}`,
    exec: (b, f) => b.call(writeFPSCR, Rnot15(b, f.Rt)),
  })),
];

export const vfpMove: readonly Both[] = [...singles, ...elements, VDUP, ...pairs, ...system];
