/** Branches: Power ISA Book I, 2.4. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { target } from '../names.ts';
import { address } from '../pseudocode.ts';
import { fields } from '../state.ts';

function link(b: Builder): void {
  b.set(fields.LR, address(b, b.add(b.pc(), b.i64(4))));
}

const branch = insn('b', '010010 LI:24 AA!1 LK!1', {
  derive: f => ({ offset: signExtend(f.LI, 24) * 4 }),
  asm: (f, pc) => `b${f.LK ? 'l' : ''}${f.AA ? 'a' : ''}\t${target(f, pc, signExtend(f.LI, 24) * 4)}`,
  exec(b, f) {
    if (f.LK) link(b);
    if (f.AA) b.branchTo(address(b, b.extS(b.operand(f.offset))), 'jump');
    else b.branch(b.operand(f.offset), { link: f.LK === 1 });
  },
});

export const branches: readonly Insn[] = [branch];
