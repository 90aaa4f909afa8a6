/**
 * What a VM was made of, for threads that run its vCPUs: the calls that made it, in order, and the places in the arena that
 * they took. Another thread makes the same calls over the same arena, and so has objects of its own that are views of the
 * same state; what that changes in the arena meanwhile is put back, since it was done and has gone on since.
 */
import type { Arena, ArenaPlace } from '../base/arena.ts';
import { acquire, release } from '../base/lock.ts';
import type { VcpuAttributeValue, VcpuInit, VmAttribute } from './arch.ts';
import type { UserspaceMemoryRegion } from './memslots.ts';

/** A call that changes what a VM consists of, with its arguments. Devices are numbered in the order of their creation. */
export type Entry =
  | { readonly call: 'createVcpu'; readonly id: number }
  | { readonly call: 'createDevice'; readonly type: number }
  | { readonly call: 'createIrqchip' }
  | { readonly call: 'armSetDeviceAddr'; readonly device: { readonly id: number; readonly addr: bigint } }
  | { readonly call: 'armSetCounterOffset'; readonly offset: { readonly counter_offset: bigint; readonly reserved?: bigint } }
  | { readonly call: 'setUserMemoryRegion'; readonly region: UserspaceMemoryRegion }
  | { readonly call: 'enableCap'; readonly request: { readonly cap: number; readonly flags?: number; readonly args?: readonly bigint[] } }
  | { readonly call: 'setAttr'; readonly group: number; readonly attr: number; readonly value: VmAttribute }
  | { readonly call: 'device.setAttr'; readonly device: number; readonly group: number; readonly attr: bigint; readonly value: bigint | undefined }
  | { readonly call: 'vcpu.init'; readonly id: number; readonly init: VcpuInit }
  | { readonly call: 'vcpu.finalize'; readonly id: number; readonly feature: number }
  | { readonly call: 'vcpu.setAttr'; readonly id: number; readonly group: number; readonly attr: number; readonly value: VcpuAttributeValue | undefined };

/** All of it can be sent to another thread. */
export interface VmHandle {
  readonly type: number;
  readonly memory: WebAssembly.Memory;
  /** Index into the i32 view: the lock of whoever attaches. */
  readonly lock: number;
  readonly places: readonly ArenaPlace[];
  readonly entries: readonly Entry[];
}

export class Journal {
  readonly entries: Entry[] = [];
  readonly places: ArenaPlace[] = [];
  private readonly arena: Arena;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** Does the call, and notes it where it succeeds. */
  note<T>(entry: Entry | undefined, call: () => T): T {
    const taken: ArenaPlace[] = [];
    const result = this.arena.recording(taken, call);
    this.places.push(...taken);
    if (entry) this.entries.push(entry);
    return result;
  }
}

/**
 * Makes what the handle describes, and leaves the state in the arena as it was. No vCPU may run meanwhile. `own` then writes
 * what is this thread's: still under the lock, or a thread that attaches at the same time puts back what was there before.
 */
export function undisturbed<T>(arena: Arena, { lock, places }: VmHandle, make: () => T, own: (made: T) => void): T {
  acquire(arena, lock);
  try {
    const before = places.map(([at, bytes]) => arena.u8.slice(at, at + bytes));
    const made = make();
    places.forEach(([at], i) => arena.u8.set(before[i]!, at));
    own(made);
    return made;
  } finally {
    release(arena, lock);
  }
}
