/** The CPUs of one machine, as far as their TLBs concern each other: the Inner Shareable domain that a TLBI ...IS goes to. */
import { BlockMap } from './blocks.ts';
import type { Mmu } from './mmu.ts';

export class ShareabilityDomain {
  readonly blocks = new BlockMap();
  readonly mmus: Mmu[] = [];
}
