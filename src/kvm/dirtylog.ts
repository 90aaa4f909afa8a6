/** KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG: which pages of a slot were written. Documentation/virt/kvm/api.rst 4.8, 4.117. */
import type { DirtyPages } from '../vcpu/physical.ts';
import { KvmError } from './errors.ts';
import { NR_MEMSLOTS, type MemorySlots } from './memslots.ts';

/** struct kvm_clear_dirty_log: `num_pages` from `first_page` on, of which those in the bitmap. */
export interface ClearDirtyLog {
  readonly slot: number;
  /** A multiple of 64. */
  readonly first_page: number;
  /** A multiple of 64, or up to the slot's end. */
  readonly num_pages: number;
  /** Page `first_page` is the lowest bit of the first byte. */
  readonly dirty_bitmap: Uint8Array;
}

const PAGES_IN_UNIT = 64;

/** The bitmap of a slot, in 64-bit units. With `clear` its pages aren't marked any more. Throws EINVAL, ENOENT where nothing is logged. */
export function readLog(slots: MemorySlots, slot: number, clear: boolean): { readonly bitmap: Uint8Array; readonly any: boolean } {
  const log = logOf(slots, slot);
  const bitmap = new Uint8Array(Math.ceil(log.pages / PAGES_IN_UNIT) * 8);
  const view = new DataView(bitmap.buffer);
  let any = false;
  for (let word = 0; word * 32 < log.pages; word++) {
    const pages = clear ? log.take(word, 0xffffffff) : log.get(word);
    view.setUint32(word * 4, pages, true);
    any ||= pages !== 0;
  }
  return { bitmap, any };
}

/** Whether any page was marked. Throws EINVAL, ENOENT, EFAULT for a bitmap that is too short. */
export function clearLog(slots: MemorySlots, { slot, first_page: first, num_pages: count, dirty_bitmap: bitmap }: ClearDirtyLog): boolean {
  const log = logOf(slots, slot);
  const whole = first + count === log.pages;
  if (!Number.isInteger(first) || first < 0 || first % PAGES_IN_UNIT !== 0) throw new KvmError('EINVAL', 'first_page is a multiple of 64');
  if (!Number.isInteger(count) || count < 0 || first + count > log.pages || (count % PAGES_IN_UNIT !== 0 && !whole)) {
    throw new KvmError('EINVAL', `num_pages is a multiple of 64, or reaches to the slot's end, page ${log.pages}`);
  }
  const bytes = Math.ceil(count / PAGES_IN_UNIT) * 8;
  if (bitmap.length < bytes) throw new KvmError('EFAULT', `the bitmap has ${bitmap.length} bytes; ${bytes} are needed`);
  let any = false;
  for (let at = 0; at * 8 < count; at += 4) {
    const mask = (bitmap[at]! | bitmap[at + 1]! << 8 | bitmap[at + 2]! << 16 | bitmap[at + 3]! << 24) >>> 0;
    if (mask === 0) continue;
    const marked = log.take((first >>> 5) + (at >>> 2), mask);
    any ||= (marked & mask) !== 0;
  }
  return any;
}

function logOf(slots: MemorySlots, slot: number): DirtyPages {
  if (!Number.isInteger(slot) || slot < 0 || slot >= NR_MEMSLOTS) throw new KvmError('EINVAL', `there is no memory slot ${slot}`);
  const log = slots.get(slot)?.dirty;
  if (!log) throw new KvmError('ENOENT', `memory slot ${slot} isn't there, or has no log (KVM_MEM_LOG_DIRTY_PAGES)`);
  return log;
}
