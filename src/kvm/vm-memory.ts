/** A VM's memory as one thread has it: its slots, and what has to be forgotten where they change, here and in other threads. */
import type { Arena } from '../base/arena.ts';
import { PhysicalMemory, type MemorySlot } from '../vcpu/physical.ts';
import { clearLog, readLog, type ClearDirtyLog } from './dirtylog.ts';
import { MemorySlots, type SlotChange, type UserspaceMemoryRegion } from './memslots.ts';
import { SlotTable } from './slot-table.ts';

export interface VmMemoryParts {
  readonly arena: Arena;
  readonly ipaBits: number;
  /** Other threads run the vCPUs. */
  readonly shared: boolean;
  /** What was translated from these guest-physical bytes is void in this thread. */
  readonly forget: (gpa: number, bytes: number) => void;
  /** This thread's vCPUs know nothing of where memory is any more. */
  readonly flush: () => void;
}

export class VmMemory {
  readonly physical = new PhysicalMemory();
  readonly slots: MemorySlots;
  private readonly parts: VmMemoryParts;
  private readonly table: SlotTable | undefined;

  constructor(parts: VmMemoryParts) {
    const { arena, ipaBits, shared } = parts;
    this.parts = parts;
    this.slots = new MemorySlots(ipaBits, arena);
    this.table = shared ? new SlotTable(arena) : undefined;
  }

  /** The VM is complete, other threads have it or this is one of them: from now on all go by the table. */
  complete(): void {
    this.slots.complete = true;
    this.takeOver();
  }

  /** Whether anything changed. Throws EINVAL, EEXIST, ENOMEM and a TesseraError where the arena is full. */
  set(region: UserspaceMemoryRegion): boolean {
    const { table } = this;
    if (!table || !this.slots.complete) return this.change(region);
    return table.exclusively(() => {
      this.takeTable(table);
      return this.change(region, () => table.write(this.slots.all));
    });
  }

  /** What another thread made of the slots. Costs one load where it made nothing. */
  takeOver(): void {
    const { table } = this;
    if (table?.isNewer) table.exclusively(() => this.takeTable(table));
  }

  /** KVM_GET_DIRTY_LOG; with `clear` no page is marked afterwards. */
  readLog(slot: number, clear: boolean): ReturnType<typeof readLog> {
    this.takeOver();
    return readLog(this.slots, slot, clear);
  }

  /** KVM_CLEAR_DIRTY_LOG: whether any page was marked. */
  clearLog(request: ClearDirtyLog): boolean {
    this.takeOver();
    return clearLog(this.slots, request);
  }

  /** `publish` may refuse it. */
  private change(region: UserspaceMemoryRegion, publish?: () => void): boolean {
    const { slots } = this;
    const before = new Map(slots.all);
    const change = slots.set(region);
    if (!change.removed && !change.added) return false;
    try {
      publish?.();
    } catch (error) {
      slots.replace(before);
      throw error;
    }
    this.changed([change]);
    return true;
  }

  private takeTable(table: SlotTable): void {
    if (table.isNewer) this.changed(this.slots.replace(table.read()));
  }

  private changed(changes: readonly SlotChange[]): void {
    const { physical, parts } = this;
    const forget = (slot: MemorySlot | undefined): void => { if (slot) parts.forget(slot.gpa, slot.size); };
    const moved = changes.filter(({ removed, added }) => removed?.gpa !== added?.gpa || removed?.arena !== added?.arena);
    for (const { removed } of moved) forget(removed);
    physical.setSlots(this.slots.list());
    for (const { added } of moved) forget(added);
    parts.flush();
  }
}
