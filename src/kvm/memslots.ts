/** A VM's memory slots: the checks of KVM_SET_USER_MEMORY_REGION, in the kernel's order of errors. */
import type { Arena } from '../base/arena.ts';
import { TesseraError } from '../base/errors.ts';
import { DirtyPages, type MemorySlot } from '../vcpu/physical.ts';
import { KvmError } from './errors.ts';
import { KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY } from './numbers.ts';

/** struct kvm_userspace_memory_region; addresses and size in bytes, `userspace_addr` is an arena address. */
export interface UserspaceMemoryRegion {
  readonly slot: number;
  readonly flags?: number;
  readonly guest_phys_addr: number;
  /** 0 deletes the slot. */
  readonly memory_size: number;
  readonly userspace_addr: number;
}

export const NR_MEMSLOTS = 32764;
const PAGE = 4096;

/** What a call did to the map; a slot that moved, or whose log began or ended, is in both. */
export interface SlotChange {
  readonly removed?: MemorySlot;
  readonly added?: MemorySlot;
}

export class MemorySlots {
  /** A log begins with every page marked (KVM_DIRTY_LOG_INITIALLY_SET). */
  logsBeginMarked = false;
  /** The VM is complete: what is added from now on isn't part of what other threads make again. */
  complete = false;
  private slots = new Map<number, MemorySlot>();
  private readonly arena: Arena;
  private readonly ipaLimit: number;
  /** Logs that ended, by their bytes: the arena takes nothing back. */
  private readonly unused = new Map<number, number[]>();

  constructor(ipaBits: number, arena: Arena) {
    this.ipaLimit = 2 ** ipaBits;
    this.arena = arena;
  }

  list(): readonly MemorySlot[] {
    return [...this.slots.values()];
  }

  get(slot: number): MemorySlot | undefined {
    return this.slots.get(slot);
  }

  get all(): ReadonlyMap<number, MemorySlot> { return this.slots; }

  /** They are what another thread made of them, or what they were before a change; what is different now. */
  replace(slots: ReadonlyMap<number, MemorySlot>): readonly SlotChange[] {
    const before = this.slots;
    this.slots = new Map(slots);
    const changes = [...new Set([...before.keys(), ...slots.keys()])].map(slot => {
      const [removed, added] = [before.get(slot), slots.get(slot)];
      return { ...(removed && { removed }), ...(added && { added }) };
    });
    return changes.filter(({ removed: r, added: a }) => r?.gpa !== a?.gpa || r?.size !== a?.size || r?.arena !== a?.arena);
  }

  /** Adds, moves, deletes or leaves a slot. Throws EINVAL, EEXIST or ENOMEM and changes nothing. */
  set(region: UserspaceMemoryRegion): SlotChange {
    check(region);
    const { slot, guest_phys_addr: gpa, memory_size: size, userspace_addr: arena } = region;
    const flags = region.flags ?? 0;
    const readonly = (flags & KVM_MEM_READONLY) !== 0;
    const logged = (flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0;
    const old = this.slots.get(slot);
    if (size === 0) {
      if (!old) throw new KvmError('EINVAL', `memory slot ${slot} doesn't exist, so it can't be deleted`);
      this.slots.delete(slot);
      this.endLog(old.dirty);
      return { removed: old };
    }
    if (gpa + size > this.ipaLimit) throw new KvmError('EINVAL', `memory slot ${slot} ends beyond the guest's physical address space`);
    if (arena + size > this.arena.u8.length) throw new KvmError('EINVAL', `memory slot ${slot} reaches beyond the VM's arena`);
    if (old) {
      if (old.size !== size) throw new KvmError('EINVAL', `memory slot ${slot} can't be resized; delete it first`);
      if (old.arena !== arena) throw new KvmError('EINVAL', `memory slot ${slot} can't change its userspace_addr; delete it first`);
      if (old.readonly !== readonly) throw new KvmError('EINVAL', `memory slot ${slot} can't change KVM_MEM_READONLY; delete it first`);
      if (old.gpa === gpa && logged === (old.dirty !== undefined)) return {};
    }
    for (const [id, other] of this.slots) {
      if (id !== slot && gpa < other.gpa + other.size && other.gpa < gpa + size) {
        throw new KvmError('EEXIST', `memory slot ${slot} overlaps slot ${id} in guest-physical memory`);
      }
    }
    const dirty = logged ? this.beginLog(size / PAGE) : undefined;
    const added: MemorySlot = { gpa, size, arena, readonly, dirty };
    this.slots.set(slot, added);
    if (!old) return { added };
    this.endLog(old.dirty);
    return { removed: old, added };
  }

  private beginLog(pages: number): DirtyPages {
    const bytes = DirtyPages.bytes(pages);
    const address = this.unused.get(bytes)?.pop() ?? this.allocate(bytes);
    const log = new DirtyPages(this.arena, address, pages);
    log.fill(this.logsBeginMarked);
    return log;
  }

  private endLog(log: DirtyPages | undefined): void {
    if (!log) return;
    const bytes = DirtyPages.bytes(log.pages);
    this.unused.set(bytes, [...(this.unused.get(bytes) ?? []), log.address]);
  }

  private allocate(bytes: number): number {
    try {
      return this.complete ? this.arena.allocOwn(bytes) : this.arena.alloc(bytes);
    } catch (error) {
      if (error instanceof TesseraError) throw new KvmError('ENOMEM', `the arena has no room for the log of a slot, ${bytes} bytes`);
      throw error;
    }
  }
}

function check(region: UserspaceMemoryRegion): void {
  const { slot, guest_phys_addr: gpa, memory_size: size, userspace_addr: arena } = region;
  if ((region.flags ?? 0) & ~(KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES)) {
    throw new KvmError('EINVAL', 'a memory slot\'s flags are KVM_MEM_LOG_DIRTY_PAGES and KVM_MEM_READONLY');
  }
  if (!Number.isInteger(slot) || slot < 0 || slot >= NR_MEMSLOTS) {
    throw new KvmError('EINVAL', `there is no memory slot ${slot}; there are ${NR_MEMSLOTS}`);
  }
  for (const [name, value] of [['guest_phys_addr', gpa], ['memory_size', size], ['userspace_addr', arena]] as const) {
    if (!Number.isSafeInteger(value) || value < 0 || value % PAGE !== 0) {
      throw new KvmError('EINVAL', `${name} of memory slot ${slot} is not a multiple of ${PAGE}`);
    }
  }
}
