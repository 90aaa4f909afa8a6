/**
 * IT, and what instructions may do in its blocks: ARM DDI 0487, F1.2.1, F2.1 and F5.1.48. What they may not is CONSTRAINED
 * UNPREDICTABLE: we choose UNDEFINED.
 */
import type { Builder } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { raiseUndefined } from '../../insn/system-exception.ts';
import { fields } from '../../state.ts';
import { t16 } from '../describe.ts';
import { inITBlock, lastInITBlock } from '../mode.ts';
import { condName } from '../names.ts';

/** Of what may not be in an IT block. */
export function outsideIT(b: Builder, body: () => void): void {
  if (inITBlock(b)) b.call(raiseUndefined);
  else body();
}

/** Of branches: the last of an IT block, or outside. */
export function lastOfIT(b: Builder, body: () => void): void {
  if (inITBlock(b) && !lastInITBlock(b)) b.call(raiseUndefined);
  else body();
}

const AL = 14;

/** 't' or 'e' for each instruction behind the first: whether its condition is the first one's, whose bit 0 the mask compares with. */
function suffixes(firstcond: number, mask: number): string {
  let letters = '';
  for (let rest = mask; (rest & 7) !== 0; rest = (rest << 1) & 15) letters += rest >>> 3 === (firstcond & 1) ? 't' : 'e';
  return letters;
}

export const itBlock: readonly Insn[] = [
  t16('IT', '1011 1111 firstcond:4 mask:4', {
    // A mask of 0 is a hint. An inverse of "always" isn't there.
    valid: f => f.mask !== 0 && f.firstcond !== 15 && (f.firstcond !== AL || (f.mask & (f.mask - 1)) === 0),
    derive: f => ({ ITSTATE: (f.firstcond << 4) | f.mask }),
    asm: f => `it${suffixes(f.firstcond, f.mask)}\t${condName(f.firstcond) || 'al'}`,
    exec: (b, f) => outsideIT(b, () => b.set(fields.ITSTATE, b.operand(f.ITSTATE))),
  }),
];
