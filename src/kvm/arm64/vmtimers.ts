/** What the timers of a VM's vCPUs share: their interrupts, and how far their counters are behind the host's. */
import type { Arena } from '../../base/arena.ts';
import { array, defineLayout, u64 } from '../../base/layout.ts';
import { KvmError } from '../errors.ts';

const layout = defineLayout({
  /** Of the virtual counter (CNTVOFF) and of the physical one, in ticks. */
  offset: array(u64, 2),
});

/** INTIDs by timer: EL1's virtual and physical one, and those that EL2 would have. */
export const VIRTUAL_PPI = 27;
export const PHYSICAL_PPI = 30;
const DEFAULT_PPIS = [VIRTUAL_PPI, PHYSICAL_PPI, 28, 26] as const;
/** A guest has EL1 only, and with it the first two. */
const EL1_TIMERS = 2;

export class VmTimers {
  readonly offset: BigUint64Array;
  readonly ppis: number[] = [...DEFAULT_PPIS];
  /** A vCPU ran: the interrupts stay. */
  fixed = false;
  /** What has to be done when a counter moved. */
  readonly moved: (() => void)[] = [];
  private offsetGiven = false;

  constructor(arena: Arena) {
    this.offset = layout.view(arena, arena.alloc(layout.size)).offset;
  }

  /** KVM_ARM_SET_COUNTER_OFFSET: both counters, and from now on no write of a counter has an effect. */
  setOffset(offset: bigint): void {
    this.offset.fill(offset);
    this.offsetGiven = true;
    for (const update of this.moved) update();
  }

  /** A counter of some vCPU was written: all vCPUs' go by it, unless the offset was given for good. */
  moveCounter(which: 0 | 1, offset: bigint): void {
    if (this.offsetGiven) return;
    this.offset[which] = offset;
    for (const update of this.moved) update();
  }

  /** Whether the interrupt is one of the guest's timers'. */
  uses(irq: number): boolean { return this.ppis.indexOf(irq) >= 0 && this.ppis.indexOf(irq) < EL1_TIMERS; }

  /** Before each first run of a vCPU. `taken`: the interrupt of something else that it has. Throws EINVAL. */
  check(taken: number | undefined): void {
    const irqs = this.ppis.slice(0, EL1_TIMERS);
    if (taken !== undefined) irqs.push(taken);
    if (new Set(irqs).size !== irqs.length) throw new KvmError('EINVAL', `interrupts of a vCPU's own devices are the same: ${irqs.join(', ')}`);
    this.fixed = true;
  }
}
