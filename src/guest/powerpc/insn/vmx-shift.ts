/** Vector shifts and rotates: Power ISA 2.07B Book I, 6.8.6 and 6.9.2; those of 3.0B by other vectors. */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { constant } from '../../../isa/vector/lanes.ts';
import { v } from '../names.ts';
import { fixed } from '../pseudocode.ts';
import { binary, sizes, type Binary, type Size } from '../vmx/form.ts';
import { choose } from '../vmx/permute.ts';
import { setVR, VR } from '../vmx/registers.ts';
import { shiftBits, shiftLanes, shiftOctets, type ShiftKind } from '../vmx/shift.ts';

/** XO of bytes, halfwords and words, then of doublewords, which came with version 2.07. */
function each(name: string, XO: number, ofDoublewords: number, kind: ShiftKind): Insn[] {
  return (['b', 'h', 'w', 'd'] as const).map((letter: Size, i) =>
    binary(`${name}${letter}`, letter === 'd' ? ofDoublewords : XO + 64 * i, (b, x, y) => shiftLanes(b, sizes[letter], kind, x, y), letter === 'd' ? '2.07' : 'VMX'));
}

/** By the last byte's low three bits; what other bytes say makes results undefined where it differs: we choose not to look at it. */
const byBits = (left: boolean): Binary => (b, x, y) => shiftBits(b, left, x, b.vsplat(8, b.vget(64, y, 0)));

const vsldoi = insn('vsldoi', '000100 VRT:5 VRA:5 VRB:5 0 SHB!4 101100', {
  feature: 'VMX',
  asm: f => `vsldoi\t${v(f.VRT)},${v(f.VRA)},${v(f.VRB)},${f.SHB}`,
  exec: (b, f) => setVR(b, f.VRT, choose(b, VR(b, f.VRA), VR(b, f.VRB), Array.from({ length: 16 }, (_, i) => f.SHB + i))),
});

/** Ones from bit `from` to bit `to` of each lane, in the manual's numbering, round its ends where `to` comes first. */
function mask(b: Builder, lane: 32 | 64, from: V128, to: V128): V128 {
  const all = constant(b, lane, -1n);
  const head = shiftLanes(b, lane, 'right', all, from);
  const tail = shiftLanes(b, lane, 'left', all, b.vsub(lane, constant(b, lane, BigInt(lane - 1)), to));
  const backwards = lane === 32 ? b.vgtU(32, from, to) : b.vgtS(64, from, to);
  return b.vselect(backwards, b.vor(head, tail), b.vand(head, tail));
}

/** VRB's lanes: the mask's first bit at 16, its last one at 8, the count at 0. */
function rotateMask(b: Builder, lane: 32 | 64, source: V128, control: V128): [rotated: V128, mask: V128] {
  const field = (at: number): V128 => b.vand(at === 0 ? control : b.vshrU(lane, control, b.i32(at)), constant(b, lane, BigInt(lane - 1)));
  return [shiftLanes(b, lane, 'rotate', source, control), mask(b, lane, field(16), field(8))];
}

const andMask = (lane: 32 | 64): Binary => (b, x, y) => b.vand(...rotateMask(b, lane, x, y));

/** The mask's bits are inserted into what the target holds. */
const insert = (name: string, XO: number, lane: 32 | 64): Insn =>
  insn(name, `000100 VRT:5 VRA:5 VRB:5 ${fixed(XO, 11)}`, {
    feature: '3.0',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRA)},${v(f.VRB)}`,
    exec(b, f) {
      const [rotated, inserted] = rotateMask(b, lane, VR(b, f.VRA), VR(b, f.VRB));
      setVR(b, f.VRT, b.vselect(inserted, rotated, VR(b, f.VRT)));
    },
  });

export const vmxShift: readonly Insn[] = [
  ...each('vrl', 4, 196, 'rotate'),
  ...each('vsl', 260, 1476, 'left'),
  ...each('vsr', 516, 1732, 'right'),
  ...each('vsra', 772, 964, 'arithmetic'),
  binary('vsl', 452, byBits(true)),
  binary('vsr', 708, byBits(false)),
  binary('vslo', 1036, (b, x, y) => shiftOctets(b, true, x, y)),
  binary('vsro', 1100, (b, x, y) => shiftOctets(b, false, x, y)),
  vsldoi,
  binary('vslv', 1860, (b, x, y) => shiftBits(b, true, x, y), '3.0'),
  binary('vsrv', 1796, (b, x, y) => shiftBits(b, false, x, y), '3.0'),
  binary('vrlwnm', 389, andMask(32), '3.0'),
  binary('vrldnm', 453, andMask(64), '3.0'),
  insert('vrlwmi', 133, 32),
  insert('vrldmi', 197, 64),
];
