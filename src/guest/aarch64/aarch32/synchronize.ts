/** Instructions behind which the next one is looked up afresh: what code is translated for, or what is pending, may have changed. */
import { defineHelper } from '../../../isa/call.ts';
import type { Insn } from '../../../isa/insn.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { fields } from '../state.ts';
import { inITBlock } from './mode.ts';

/** In an IT block the next one has another mode. */
const modeBehind = defineHelper('mode behind', [], 'void', { touches: [fields.ITSTATE] }, (cpu: Arm64Cpu) => cpu.modeChanged());

/** `insn` with that behind all it does, its condition and ITAdvance. */
export const synchronizing = (insn: Insn): Insn => ({
  ...insn,
  exec(b, f) {
    insn.exec(b, f);
    if (inITBlock(b)) b.call(modeBehind);
    b.synchronize();
  },
});
