/** Advanced SIMD two-register miscellaneous that change the size: XTN, SQXTN, SQXTUN, UQXTN and SHLL (DDI 0487, C7). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import { doubled, extend, halfOf, laneOf, narrow, narrowHigh, shiftLeft, shuffleLanes, type NarrowLane } from '../simd/lanes.ts';
import { narrowSaturated, type Saturation } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf, second, titleOfBoth } from './simd-form.ts';

/** Writes a 64-bit result: the low half, top half zero (Q 0), or the top half, low half kept (Q 1). */
export function setHalf(b: Builder, Q: number, d: () => V128, half: V128): V128 {
  return Q ? shuffleLanes(b, 64, d(), half, [0, 2]) : half;
}

const XTN = fpInsn('XTN, XTN2', '0 Q!1 0 01110 size!2 10000 10010 10 Rn:5 Rd:5', {
  valid: f => f.size !== 3,
  asm: f => `xtn${f.Q ? '2' : ''}\t${vector(f.Q, f.size, f.Rd)}, ${vector(1, f.size + 1, f.Rn)}`,
  exec(b, f) {
    const lane = laneOf(f.size) as NarrowLane;
    setV(b, f.Rd, f.Q ? narrowHigh(b, lane, V(b, f.Rd), V(b, f.Rn)) : narrow(b, lane, V(b, f.Rn)));
  },
});

const SHLL = fpInsn('SHLL, SHLL2', '0 Q!1 1 01110 size!2 10000 10011 10 Rn:5 Rd:5', {
  valid: f => f.size !== 3,
  asm: f => `shll${f.Q ? '2' : ''}\t${vector(1, f.size + 1, f.Rd)}, ${vector(f.Q, f.size, f.Rn)}, #${8 << f.size}`,
  exec(b, f) {
    const lane = laneOf(f.size) as NarrowLane;
    setV(b, f.Rd, shiftLeft(b, doubled(lane), extend(b, lane, true, halfOf(f.Q), V(b, f.Rn)), lane));
  },
});

function saturating(mnemonic: string, U: 0 | 1, opcode: string, from: Saturation): Insn[] {
  return [
    fpInsn(titleOfBoth(mnemonic), `0 Q!1 ${fixed(U)} 01110 size!2 10000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
      valid: f => f.size !== 3,
      asm: f => `${second(mnemonic, f.Q)}\t${vector(f.Q, f.size, f.Rd)}, ${vector(1, f.size + 1, f.Rn)}`,
      exec: (b, f) => setV(b, f.Rd, setHalf(b, f.Q, () => V(b, f.Rd), narrowSaturated(b, laneOf(f.size) as NarrowLane, from, V(b, f.Rn)))),
    }),
    fpInsn(`${mnemonic.toUpperCase()} (scalar)`, `01 ${fixed(U)} 11110 size!2 10000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
      valid: f => f.size !== 3,
      asm: f => `${mnemonic}\t${scalar(f.size, f.Rd)}, ${scalar(f.size + 1, f.Rn)}`,
      exec: (b, f) => setV(b, f.Rd, narrowSaturated(b, laneOf(f.size) as NarrowLane, from, lowBytes(b, V(b, f.Rn), bytesOf(f.size + 1)))),
    }),
  ];
}

export const simdNarrow: readonly Insn[] = [
  XTN,
  SHLL,
  ...saturating('sqxtn', 0, '10100', 'signed'),
  ...saturating('uqxtn', 1, '10100', 'unsigned'),
  ...saturating('sqxtun', 1, '10010', 'toUnsigned'),
];
