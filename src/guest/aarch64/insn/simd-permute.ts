/** Advanced SIMD permute: ZIP, UZP, TRN (DDI 0487, C7). */
import type { Insn } from '../../../isa/insn.ts';
import { setVQ, V } from '../pseudocode.ts';
import { laneOf, shuffleLanes } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

/** Which element of Vm:Vn (each of `count`) the result's element i is. */
type Selection = (i: number, part: number, count: number) => number;

function permute(mnemonic: string, opcode: string, selection: Selection): Insn {
  const name = mnemonic.toUpperCase();
  return fpInsn(`${name}1, ${name}2`, `0 Q!1 0 01110 size!2 0 Rm:5 0 part!1 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    valid: f => f.size !== 3 || f.Q === 1,
    asm: f => `${mnemonic}${f.part + 1}\t${vectors(f.Q, f.size, f.Rd, f.Rn, f.Rm)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const perRegister = 128 / lane;
      const count = f.Q ? perRegister : perRegister / 2;
      const selected = Array.from({ length: count }, (_, i) => selection(i, f.part, count));
      // In a shuffle the second source's elements start after a whole register.
      const places = selected.map(at => (at < count ? at : at - count + perRegister));
      setVQ(b, f.Rd, f.Q, shuffleLanes(b, lane, V(b, f.Rn), V(b, f.Rm), places));
    },
  });
}

export const simdPermute: readonly Insn[] = [
  permute('uzp', '01', (i, part) => 2 * i + part),
  permute('trn', '10', (i, part, count) => (i & ~1) + part + (i & 1) * count),
  permute('zip', '11', (i, part, count) => (i >> 1) + (part * count) / 2 + (i & 1) * count),
];
