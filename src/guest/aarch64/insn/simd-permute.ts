/** Advanced SIMD permute: ZIP, UZP, TRN (DDI 0487, C7). */
import type { Insn } from '../../../isa/insn.ts';
import { vector } from '../names.ts';
import { setVQ, V } from '../pseudocode.ts';
import { laneOf, shuffleLanes } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';

/** Which element of Vm:Vn (each of `count`) the result's element i is. */
type Selection = (i: number, part: number, count: number) => number;

function permute(mnemonic: string, opcode: string, selection: Selection): Insn {
  return fpInsn(`${mnemonic.toUpperCase()}1, ${mnemonic.toUpperCase()}2`, `0 Q!1 0 01110 size!2 0 Rm:5 0 part!1 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    valid: f => f.size !== 3 || f.Q === 1,
    asm: f => `${mnemonic}${f.part + 1}\t${[f.Rd, f.Rn, f.Rm].map(r => vector(f.Q, f.size, r)).join(', ')}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const perRegister = 128 / lane;
      const count = f.Q ? perRegister : perRegister / 2;
      // In a shuffle the second source's elements start after a whole register.
      const places = Array.from({ length: count }, (_, i) => selection(i, f.part, count)).map(at => (at < count ? at : at - count + perRegister));
      setVQ(b, f.Rd, f.Q, shuffleLanes(b, lane, V(b, f.Rn), V(b, f.Rm), places));
    },
  });
}

export const simdPermute: readonly Insn[] = [
  permute('uzp', '01', (i, part) => 2 * i + part),
  permute('trn', '10', (i, part, count) => (i & ~1) + part + (i & 1) * count),
  permute('zip', '11', (i, part, count) => (i >> 1) + (part * count) / 2 + (i & 1) * count),
];
