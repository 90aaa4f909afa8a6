/** What instructions may do in IT blocks: ARM DDI 0487, F1.2.1 and F2.1. Elsewhere they are CONSTRAINED UNPREDICTABLE: we choose UNDEFINED. */
import type { Builder } from '../../../../isa/builder.ts';
import { raiseUndefined } from '../../insn/system-exception.ts';
import { inITBlock, lastInITBlock } from '../mode.ts';

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
