/** Advanced SIMD copy, and scalar copy: DUP, INS, SMOV, UMOV (DDI 0487, C7). */
import type { Builder, I64, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { element, reg, scalar, vector } from '../names.ts';
import { lowBytes, setV, setVQ, setX, V, X } from '../pseudocode.ts';
import { laneOf, shuffleLanes } from '../simd/lanes.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf } from './simd-form.ts';

/** LowestSetBit(imm5): the element's size as 0..3, or more where there is none. */
const sizeOf = (f: { imm5: number }): number => Math.clz32(1) - Math.clz32((f.imm5 | 0x10) & -(f.imm5 | 0x10));
const indexOf = (f: { imm5: number }): number => f.imm5 >> (sizeOf(f) + 1);
const allocated = (f: { imm5: number }): boolean => (f.imm5 & 0xf) !== 0;
const laneAt = (f: { imm5: number }): Lane => laneOf(sizeOf(f));

/** Every lane is the one at imm5's index. */
const duplicated = (b: Builder, f: { imm5: number }, x: V128): V128 =>
  shuffleLanes(b, laneAt(f), x, x, Array.from({ length: 128 / laneAt(f) }, () => indexOf(f)));

function signExtended(b: Builder, lane: Lane, x: I64): I64 {
  return lane === 64 ? x : b.signExtend(x, lane);
}

export const simdCopy: readonly Insn[] = [
  fpInsn('DUP (element)', '0 Q!1 0 01110000 imm5!5 0 0000 1 Rn:5 Rd:5', {
    valid: f => allocated(f) && (sizeOf(f) !== 3 || f.Q === 1),
    asm: f => `dup\t${vector(f.Q, sizeOf(f), f.Rd)}, ${element(sizeOf(f), f.Rn, indexOf(f))}`,
    exec: (b, f) => setVQ(b, f.Rd, f.Q, duplicated(b, f, V(b, f.Rn))),
  }),
  fpInsn('DUP (element, scalar)', '01 0 11110000 imm5!5 0 0000 1 Rn:5 Rd:5', {
    valid: allocated,
    asm: f => `mov\t${scalar(sizeOf(f), f.Rd)}, ${element(sizeOf(f), f.Rn, indexOf(f))}`,
    exec: (b, f) => setV(b, f.Rd, lowBytes(b, duplicated(b, f, V(b, f.Rn)), bytesOf(sizeOf(f)))),
  }),
  fpInsn('DUP (general)', '0 Q!1 0 01110000 imm5!5 0 0001 1 Rn:5 Rd:5', {
    valid: f => allocated(f) && (sizeOf(f) !== 3 || f.Q === 1),
    asm: f => `dup\t${vector(f.Q, sizeOf(f), f.Rd)}, ${reg(sizeOf(f) === 3 ? 1 : 0, f.Rn)}`,
    exec: (b, f) => setVQ(b, f.Rd, f.Q, b.vsplat(laneAt(f), X(b, f.Rn, 64))),
  }),
  fpInsn('SMOV', '0 Q!1 0 01110000 imm5!5 0 0101 1 Rn:5 Rd:5', {
    valid: f => allocated(f) && sizeOf(f) < 2 + f.Q,
    asm: f => `smov\t${reg(f.Q, f.Rd)}, ${element(sizeOf(f), f.Rn, indexOf(f))}`,
    exec(b, f) {
      const value = signExtended(b, laneAt(f), b.vget(laneAt(f), V(b, f.Rn), indexOf(f)));
      setX(b, f.Rd, f.Q ? value : b.wrap(value));
    },
  }),
  fpInsn('UMOV', '0 Q!1 0 01110000 imm5!5 0 0111 1 Rn:5 Rd:5', {
    valid: f => allocated(f) && (sizeOf(f) === 3) === (f.Q === 1),
    asm: f => `${sizeOf(f) >= 2 ? 'mov' : 'umov'}\t${reg(f.Q, f.Rd)}, ${element(sizeOf(f), f.Rn, indexOf(f))}`,
    exec: (b, f) => setX(b, f.Rd, b.vget(laneAt(f), V(b, f.Rn), indexOf(f))),
  }),
  fpInsn('INS (general)', '0 1 0 01110000 imm5!5 0 0011 1 Rn:5 Rd:5', {
    valid: allocated,
    asm: f => `mov\t${element(sizeOf(f), f.Rd, indexOf(f))}, ${reg(sizeOf(f) === 3 ? 1 : 0, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, b.vset(laneAt(f), V(b, f.Rd), indexOf(f), X(b, f.Rn, 64))),
  }),
  fpInsn('INS (element)', '0 1 1 01110000 imm5!5 0 imm4!4 1 Rn:5 Rd:5', {
    valid: allocated,
    asm: f => `mov\t${element(sizeOf(f), f.Rd, indexOf(f))}, ${element(sizeOf(f), f.Rn, f.imm4 >> sizeOf(f))}`,
    exec(b, f) {
      const value = b.vget(laneAt(f), V(b, f.Rn), f.imm4 >> sizeOf(f));
      setV(b, f.Rd, b.vset(laneAt(f), V(b, f.Rd), indexOf(f), value));
    },
  }),
];
