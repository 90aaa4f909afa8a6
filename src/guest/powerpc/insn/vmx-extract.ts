/**
 * Vector bytes as an index numbers them: inserts, extracts (Power ISA 3.0B Book I, 6.8.6 to 6.8.8) and permutations of bits (2.07B,
 * 6.9.8; 3.0B). Byte 0 is the most significant; where an element would reach beyond byte 15 the result is undefined.
 */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { constant, zero } from '../../../isa/vector/lanes.ts';
import { r, v } from '../names.ts';
import { fixed, GPR, setGPR } from '../pseudocode.ts';
import { binary } from '../vmx/form.ts';
import { setVR, VR } from '../vmx/registers.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Bytes UIM and on of VRB, alone in doubleword 0. */
function extract(name: string, bytes: number, XO: number): Insn {
  return insn(name, `000100 VRT:5 0 UIM!4 VRB:5 ${fixed(XO, 11)}`, {
    feature: '3.0',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRB)},${f.UIM}`,
    exec(b, f) {
      // The result is undefined: we choose byte 0 and on.
      const first = 16 - bytes - (f.UIM + bytes > 16 ? 0 : f.UIM);
      const lanes = range(16).map(at => (at >= 8 && at < 8 + bytes ? first + at - 8 : 16));
      setVR(b, f.VRT, b.vshuffle(VR(b, f.VRB), zero(b), lanes));
    },
  });
}

/** Byte UIM of VRT and those after it become the ones of VRB that `from` is the first of. */
function insert(name: string, bytes: number, from: number, XO: number): Insn {
  return insn(name, `000100 VRT:5 0 UIM!4 VRB:5 ${fixed(XO, 11)}`, {
    feature: '3.0',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRB)},${f.UIM}`,
    exec(b, f) {
      // The result is undefined: we choose what was there.
      if (f.UIM + bytes > 16) return;
      const first = 16 - bytes - f.UIM;
      const lanes = range(16).map(at => (at >= first && at < first + bytes ? 16 - from - bytes + at - first : 16 + at));
      setVR(b, f.VRT, b.vshuffle(VR(b, f.VRB), VR(b, f.VRT), lanes));
    },
  });
}

/** Bytes of VRB to a general register; the number in RA counts from the left, or from the right. */
function extractIndexed(name: string, bytes: number, side: 'left' | 'right', XO: number): Insn {
  return insn(name, `000100 RT:5 RA:5 VRB:5 ${fixed(XO, 11)}`, {
    feature: '3.0',
    asm: f => `${name}\t${r(f.RT)},${r(f.RA)},${v(f.VRB)}`,
    exec(b, f) {
      const index = b.and(GPR(b, f.RA), b.i64(15));
      const first = b.vsplat(8, side === 'left' ? b.sub(b.i64(16 - bytes), index) : index);
      // Out of range are the lanes beyond those wanted, which become zeros.
      const at = b.vor(b.vadd(8, first, b.v128(0x0706_0504_0302_0100n)), b.v128((1n << 64n) - (1n << BigInt(8 * bytes))));
      setGPR(b, f.RT, b.vget(64, b.vswizzle(VR(b, f.VRB), at), 0));
    },
  });
}

/** Of each of the bytes `from`, the bit that the last three bits of a number in y name, as a byte that is all ones or zeros. */
function bits(b: Builder, from: V128, y: V128): V128 {
  const one = b.vswizzle(b.v128(0x0102_0408_1020_4080n), b.vand(y, constant(b, 8, 7n)));
  return b.veq(8, b.vand(from, one), one);
}

/** 16 bits of the quadword x; numbers from 128 on find no byte. */
function bitsOfQuadword(b: Builder, x: V128, y: V128): V128 {
  const from = b.vswizzle(x, b.vsub(8, constant(b, 8, 15n), b.vshrU(8, y, b.i32(3))));
  return b.vset(64, zero(b), 1, b.extU(b.vbitmask(8, bits(b, from, y))));
}

/** 8 bits of each doubleword; numbers from 64 on give zeros. */
function bitsOfDoublewords(b: Builder, x: V128, y: V128): V128 {
  const last = b.v128(0x0f0f_0f0f_0f0f_0f0f_0707_0707_0707_0707n);
  const from = b.vswizzle(x, b.vsub(8, last, b.vand(b.vshrU(8, y, b.i32(3)), constant(b, 8, 7n))));
  const mask = b.extU(b.vbitmask(8, b.vand(bits(b, from, y), b.vgtU(8, constant(b, 8, 64n), y))));
  return b.vset(64, b.vsplat(64, b.and(mask, b.i64(0xff))), 1, b.shrU(mask, b.i32(8)));
}

export const vmxExtract: readonly Insn[] = [
  extract('vextractub', 1, 525),
  extract('vextractuh', 2, 589),
  extract('vextractuw', 4, 653),
  extract('vextractd', 8, 717),
  insert('vinsertb', 1, 7, 781),
  insert('vinserth', 2, 6, 845),
  insert('vinsertw', 4, 4, 909),
  insert('vinsertd', 8, 0, 973),
  extractIndexed('vextublx', 1, 'left', 1549),
  extractIndexed('vextuhlx', 2, 'left', 1613),
  extractIndexed('vextuwlx', 4, 'left', 1677),
  extractIndexed('vextubrx', 1, 'right', 1805),
  extractIndexed('vextuhrx', 2, 'right', 1869),
  extractIndexed('vextuwrx', 4, 'right', 1933),
  binary('vbpermq', 1356, bitsOfQuadword, '2.07'),
  binary('vbpermd', 1484, bitsOfDoublewords, '3.0'),
];
