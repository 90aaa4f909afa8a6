/** Fixed-point loads: Power ISA Book I, 3.3.2. */
import { signExtend } from '../../../base/bits.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, r } from '../names.ts';
import { EA, orZero, setGPR } from '../pseudocode.ts';

const lwz = insn('lwz', '100000 RT:5 RA:5 D:16', {
  derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.D, 16) }),
  asm: f => `lwz\t${r(f.RT)},${memory(signExtend(f.D, 16), f.RA)}`,
  exec: (b, f) => setGPR(b, f.RT, b.load(EA(b, f.A, f.displacement), 4)),
});

export const fixedLoad: readonly Insn[] = [lwz];
