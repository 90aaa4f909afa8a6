/** A VM's memory slots: the checks of KVM_SET_USER_MEMORY_REGION, in the kernel's order of errors. */
import type { MemorySlot } from '../vcpu/physical.ts';
import { KvmError } from './errors.ts';
import { KVM_MEM_READONLY } from './numbers.ts';

/** struct kvm_userspace_memory_region; addresses and size in bytes, `userspace_addr` is an arena address. */
export interface UserspaceMemoryRegion {
  readonly slot: number;
  readonly flags?: number;
  readonly guest_phys_addr: number;
  /** 0 deletes the slot. */
  readonly memory_size: number;
  readonly userspace_addr: number;
}

export const NR_MEMSLOTS = 512;
const PAGE = 4096;

/** What a call did to the map; a slot that moved is in both. */
export interface SlotChange {
  readonly removed?: MemorySlot;
  readonly added?: MemorySlot;
}

export class MemorySlots {
  private readonly slots = new Map<number, MemorySlot>();
  private readonly ipaLimit: number;
  private readonly arenaBytes: number;

  constructor(ipaBits: number, arenaBytes: number) {
    this.ipaLimit = 2 ** ipaBits;
    this.arenaBytes = arenaBytes;
  }

  list(): readonly MemorySlot[] {
    return [...this.slots.values()];
  }

  /** Adds, moves, deletes or leaves a slot. Throws EINVAL or EEXIST and changes nothing. */
  set(region: UserspaceMemoryRegion): SlotChange {
    check(region);
    const { slot, guest_phys_addr: gpa, memory_size: size, userspace_addr: arena } = region;
    const readonly = ((region.flags ?? 0) & KVM_MEM_READONLY) !== 0;
    const old = this.slots.get(slot);
    if (size === 0) {
      if (!old) throw new KvmError('EINVAL', `memory slot ${slot} doesn't exist, so it can't be deleted`);
      this.slots.delete(slot);
      return { removed: old };
    }
    if (gpa + size > this.ipaLimit) throw new KvmError('EINVAL', `memory slot ${slot} ends beyond the guest's physical address space`);
    if (arena + size > this.arenaBytes) throw new KvmError('EINVAL', `memory slot ${slot} reaches beyond the VM's arena`);
    if (old) {
      if (old.size !== size) throw new KvmError('EINVAL', `memory slot ${slot} can't be resized; delete it first`);
      if (old.arena !== arena) throw new KvmError('EINVAL', `memory slot ${slot} can't change its userspace_addr; delete it first`);
      if (old.readonly !== readonly) throw new KvmError('EINVAL', `memory slot ${slot} can't change KVM_MEM_READONLY; delete it first`);
      if (old.gpa === gpa) return {};
    }
    for (const [id, other] of this.slots) {
      if (id !== slot && gpa < other.gpa + other.size && other.gpa < gpa + size) {
        throw new KvmError('EEXIST', `memory slot ${slot} overlaps slot ${id} in guest-physical memory`);
      }
    }
    const added: MemorySlot = { gpa, size, arena, readonly };
    this.slots.set(slot, added);
    return old ? { removed: old, added } : { added };
  }
}

function check(region: UserspaceMemoryRegion): void {
  const { slot, guest_phys_addr: gpa, memory_size: size, userspace_addr: arena } = region;
  if ((region.flags ?? 0) & ~KVM_MEM_READONLY) throw new KvmError('EINVAL', 'of a memory slot\'s flags only KVM_MEM_READONLY is supported');
  if (!Number.isInteger(slot) || slot < 0 || slot >= NR_MEMSLOTS) {
    throw new KvmError('EINVAL', `there is no memory slot ${slot}; there are ${NR_MEMSLOTS}`);
  }
  for (const [name, value] of [['guest_phys_addr', gpa], ['memory_size', size], ['userspace_addr', arena]] as const) {
    if (!Number.isSafeInteger(value) || value < 0 || value % PAGE !== 0) {
      throw new KvmError('EINVAL', `${name} of memory slot ${slot} is not a multiple of ${PAGE}`);
    }
  }
}
