/** SVE shifts: by immediates, vectors and wide elements (DDI 0487, C4.1 "SVE Bitwise Shift", C8.2). */
import type { Builder, I32, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf, shiftRightBy } from '../simd/lanes.ts';
import { divideByPower, shiftByElements, shiftByWide, type Shift } from '../sve/integer.ts';
import { merging, z, zs } from '../sve/names.ts';
import { merged, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** tsz: its highest bit tells the elements' size; with imm3 below it the count, which a shift to the right counts down from twice the size. */
interface Immediate { readonly tszh: number; readonly tszl: number; readonly imm3: number }
type Size = Omit<Immediate, 'imm3'>;
const tsz = (f: Size): number => (f.tszh << 2) | f.tszl;
const allocated = (f: Size): boolean => tsz(f) !== 0;
const sizeOf = (f: Size): number => 31 - Math.clz32(tsz(f));
const value = (f: Immediate): number => (tsz(f) << 3) | f.imm3;
const toLeft = (f: Immediate): number => value(f) - (8 << sizeOf(f));
const toRight = (f: Immediate): number => (16 << sizeOf(f)) - value(f);

type ByImmediate = (b: Builder, lane: Lane, x: V128, n: I32) => V128;
interface Form { readonly mnemonic: string; readonly count: (f: Immediate) => number; readonly shift: ByImmediate }

const asr: Form = { mnemonic: 'asr', count: toRight, shift: (b, lane, x, n) => shiftRightBy(b, lane, false, x, n) };
const lsr: Form = { mnemonic: 'lsr', count: toRight, shift: (b, lane, x, n) => shiftRightBy(b, lane, true, x, n) };
const lsl: Form = { mnemonic: 'lsl', count: toLeft, shift: (b, lane, x, n) => b.vshl(lane, x, n) };
const asrd: Form = { mnemonic: 'asrd', count: toRight, shift: divideByPower };

const byImmediate = ({ mnemonic, count, shift }: Form, opcode: string): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (immediate, predicated)`, `00000100 tszh!2 00 ${fixed(opcode)} 100 Pg:3 tszl!2 imm3:3 Zdn:5`, {
    valid: allocated,
    derive: f => ({ n: allocated(f) ? count(f) : 1 }),
    asm: f => `${mnemonic}\t${z(sizeOf(f), f.Zdn)}, ${merging(f.Pg)}, ${z(sizeOf(f), f.Zdn)}, #${count(f)}`,
    exec(b, f) {
      const lane = laneOf(sizeOf(f));
      const x = V(b, f.Zdn);
      setV(b, f.Zdn, merged(b, lane, P(b, f.Pg), shift(b, lane, x, b.operand(f.n)), x));
    },
  });

const byImmediateUnpredicated = ({ mnemonic, count, shift }: Form, opc: string): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (immediate, unpredicated)`, `00000100 tszh!2 1 tszl!2 imm3:3 1001 ${fixed(opc)} Zn:5 Zd:5`, {
    valid: allocated,
    derive: f => ({ n: allocated(f) ? count(f) : 1 }),
    asm: f => `${mnemonic}\t${zs(sizeOf(f), f.Zd, f.Zn)}, #${count(f)}`,
    exec(b, f) {
      const lane = laneOf(sizeOf(f));
      setV(b, f.Zd, shift(b, lane, V(b, f.Zn), b.operand(f.n)));
    },
  });

const shifts: readonly (readonly [shift: Shift, LU: string])[] = [['asr', '00'], ['lsr', '01'], ['lsl', '11']];
const narrower = (f: { readonly size: number }): boolean => f.size !== 3;

const byVectors: readonly Insn[] = shifts.flatMap(([shift, LU]) => {
  const name = shift.toUpperCase();
  return [
    sveInsn(`${name} (vectors)`, `00000100 size!2 0100 ${fixed(LU)} 100 Pg:3 Zm:5 Zdn:5`, {
      asm: f => `${shift}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zdn, f.Zm)}`,
      exec(b, f) {
        const lane = laneOf(f.size);
        const x = V(b, f.Zdn);
        setV(b, f.Zdn, merged(b, lane, P(b, f.Pg), shiftByElements(b, lane, shift, x, V(b, f.Zm)), x));
      },
    }),
    sveInsn(`${name}R (vectors)`, `00000100 size!2 0101 ${fixed(LU)} 100 Pg:3 Zm:5 Zdn:5`, {
      asm: f => `${shift}r\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zdn, f.Zm)}`,
      exec(b, f) {
        const lane = laneOf(f.size);
        const counts = V(b, f.Zdn);
        setV(b, f.Zdn, merged(b, lane, P(b, f.Pg), shiftByElements(b, lane, shift, V(b, f.Zm), counts), counts));
      },
    }),
    sveInsn(`${name} (wide elements, predicated)`, `00000100 size!2 0110 ${fixed(LU)} 100 Pg:3 Zm:5 Zdn:5`, {
      valid: narrower,
      asm: f => `${shift}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${z(f.size, f.Zdn)}, ${z(3, f.Zm)}`,
      exec(b, f) {
        const lane = laneOf(f.size);
        const x = V(b, f.Zdn);
        setV(b, f.Zdn, merged(b, lane, P(b, f.Pg), shiftByWide(b, lane, shift, x, V(b, f.Zm)), x));
      },
    }),
    sveInsn(`${name} (wide elements, unpredicated)`, `00000100 size!2 1 Zm:5 1000 ${fixed(LU)} Zn:5 Zd:5`, {
      valid: narrower,
      asm: f => `${shift}\t${zs(f.size, f.Zd, f.Zn)}, ${z(3, f.Zm)}`,
      exec: (b, f) => setV(b, f.Zd, shiftByWide(b, laneOf(f.size), shift, V(b, f.Zn), V(b, f.Zm))),
    }),
  ];
});

export const sveShift: readonly Insn[] = [
  byImmediate(asr, '0000'),
  byImmediate(lsr, '0001'),
  byImmediate(lsl, '0011'),
  byImmediate(asrd, '0100'),
  byImmediateUnpredicated(asr, '00'),
  byImmediateUnpredicated(lsr, '01'),
  byImmediateUnpredicated(lsl, '11'),
  ...byVectors,
];
