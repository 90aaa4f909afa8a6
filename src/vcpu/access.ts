/**
 * The slow path of guest memory: TLB misses, accesses across pages, devices, stores to pages that hold translated
 * code, read-modify-writes that have no instruction. Throws GuestEvents; devices are left for through MmioEvent.
 */
import type { Arena } from '../base/arena.ts';
import { GuestEvent, type AccessKind, type GuestCpu } from '../isa/arch.ts';
import {
  ACCESS_CAS, ACCESS_FAULTS_AS_WRITE, ACCESS_MASKED, ACCESS_NOT_DEVICE, ACCESS_PAIR, ACCESS_READABLE, ACCESS_UNPRIVILEGED, ACCESS_WITHIN_16, accessAlign,
  accessAtomicOp, accessBytes,
  accessElement, atomicOps,
} from '../ir/ops.ts';
import { PAGE } from '../jit/abi.ts';
import type { CodeCache } from '../jit/code-cache.ts';
import type { Indivisible } from './indivisible.ts';
import { mustNote, noteDirty, type PhysicalMemory } from './physical.ts';
import type { Bank, Tlb } from './tlb.ts';

/** An access that no memory answers: whoever runs the CPU answers it, then the instruction is run again. */
export class MmioEvent extends GuestEvent {
  readonly pa: number;
  readonly bytes: number;
  readonly write: boolean;
  readonly data: bigint;

  constructor(pa: number, bytes: number, write: boolean, data: bigint) {
    super();
    this.pa = pa;
    this.bytes = bytes;
    this.write = write;
    this.data = data;
  }
  describe(): string { return `MMIO ${this.write ? 'write' : 'read'} of ${this.bytes} bytes at 0x${this.pa.toString(16)}`; }
}

/** Answers that the current instruction has had so far, in order. It is run again from the start with them. */
class MmioReplies {
  private readonly replies: (bigint | 'abort')[] = [];
  /** Of `replies` those that count: an array that gets shorter costs more than all the rest. */
  private count = 0;
  private next = 0;

  get any(): boolean { return this.count > 0; }
  add(reply: bigint | 'abort'): void { this.replies[this.count++] = reply; }
  restart(): void { this.next = 0; }
  clear(): void { this.count = this.next = 0; }
  take(): bigint | 'abort' | undefined { return this.next < this.count ? this.replies[this.next++] : undefined; }
}

/** Where a part of an access goes: an arena address, or a device's physical one. */
interface Place { readonly arena: number; readonly pa: number; readonly bytes: number; readonly writable: boolean }

export class SlowAccess {
  readonly replies = new MmioReplies();
  private readonly arena: Arena;
  private readonly guest: GuestCpu;
  private readonly physical: PhysicalMemory;
  private readonly cache: CodeCache;
  private readonly tlb: Tlb;
  private readonly bank: (unprivileged: boolean, high: number) => Bank;
  private readonly codeWritten: () => void;
  private readonly memory: Indivisible;
  private readonly arg: number;
  private readonly result: number;

  constructor(o: {
    arena: Arena; base: number; guest: GuestCpu; physical: PhysicalMemory; cache: CodeCache; tlb: Tlb;
    bank: (unprivileged: boolean, high: number) => Bank; codeWritten: () => void; arg: number; result: number; memory: Indivisible;
  }) {
    this.memory = o.memory;
    this.arena = o.arena;
    this.guest = o.guest;
    this.physical = o.physical;
    this.cache = o.cache;
    this.tlb = o.tlb;
    this.bank = o.bank;
    this.codeWritten = o.codeWritten;
    this.arg = (o.base + o.arg) / 8;
    this.result = (o.base + o.result) / 8;
  }

  /** What a device is asked for comes back instead of being thrown: that is the usual way here, and throwing costs more than the rest. */
  load(lo: number, hi: number, d: number): MmioEvent | undefined {
    if (d & ACCESS_MASKED) return this.loadMasked(lo, hi, d);
    if (d & ACCESS_READABLE) return this.readable(lo, hi, d);
    this.checkAlignment(lo, hi, d, 'read');
    const bytes = accessBytes(d);
    const unprivileged = (d & ACCESS_UNPRIVILEGED) !== 0;
    if (this.tlb.watched.any) this.inspect(lo, hi, d, 'read');
    const { u64 } = this.arena;
    const unit = alignedUnit(d);
    const place = isTogether(lo, d) ? this.places(lo, hi, 2 * bytes, 'read', unprivileged, unit)[0]! : undefined;
    if (place && place.arena >= 0) {
      const both = this.whole(place.arena, 2 * bytes);
      u64[this.result] = BigInt.asUintN(bytes * 8, both);
      u64[this.result + 2] = both >> BigInt(bytes * 8);
      return undefined;
    }
    const asked = this.read(lo, hi, bytes, unprivileged, unit, this.result);
    if (asked || !(d & ACCESS_PAIR)) return asked;
    const [nextLo, nextHi] = advance(lo, hi, bytes);
    const first = u64[this.result]!;
    const next = this.read(nextLo, nextHi, bytes, unprivileged, Math.min(unit, bytes), this.result + 2);
    u64[this.result] = first;
    return next;
  }

  /** The first element of a pair is stored even where the second faults; each by itself is stored as a whole or not at all. */
  store(lo: number, hi: number, d: number): MmioEvent | undefined {
    if (d & ACCESS_MASKED) return this.storeMasked(lo, hi, d);
    this.checkAlignment(lo, hi, d, 'write');
    const bytes = accessBytes(d);
    const unprivileged = (d & ACCESS_UNPRIVILEGED) !== 0;
    if (this.tlb.watched.any) this.inspect(lo, hi, d, 'write');
    const unit = alignedUnit(d);
    const place = isTogether(lo, d) ? this.places(lo, hi, 2 * bytes, 'write', unprivileged, unit)[0]! : undefined;
    if (place && place.arena >= 0 && place.writable) {
      const { u64 } = this.arena;
      const bits = bytes * 8;
      const both = BigInt.asUintN(bits, u64[this.arg]!) | BigInt.asUintN(bits, u64[this.arg + 2]!) << BigInt(bits);
      this.memory.update(place.arena, 2 * bytes, () => both);
      this.noteWrite(place.arena, 2 * bytes);
      return undefined;
    }
    const asked = this.write(lo, hi, this.places(lo, hi, bytes, 'write', unprivileged, unit), this.arg, unprivileged);
    if (asked || !(d & ACCESS_PAIR)) return asked;
    const [nextLo, nextHi] = advance(lo, hi, bytes);
    return this.write(nextLo, nextHi, this.places(nextLo, nextHi, bytes, 'write', unprivileged, Math.min(unit, bytes)), this.arg + 2, unprivileged);
  }

  /** Atomic operation or compare-and-swap, of one element or a pair. Devices answer none: an external abort. */
  atomic(lo: number, hi: number, d: number): void {
    const asWrite = (d & ACCESS_FAULTS_AS_WRITE) !== 0;
    this.checkAlignment(lo, hi, d, asWrite ? 'write' : 'read');
    const bytes = accessBytes(d);
    const pair = (d & ACCESS_PAIR) !== 0;
    const unprivileged = (d & ACCESS_UNPRIVILEGED) !== 0;
    // A fault is one of a read where the read would have had it.
    const all = pair ? bytes * 2 : bytes;
    if (this.tlb.watched.any) this.inspect(lo, hi, d, asWrite ? 'write' : 'modify');
    if (!asWrite) this.place(lo, hi, all, 'read', unprivileged, (lo & (all - 1)) === 0);
    const parts = this.places(lo, hi, all, 'write', unprivileged, all);
    const place = parts[0]!;
    if (parts.length > 1 || place.arena < 0 || !place.writable) throw this.guest.externalAbort(address(lo, hi), 'write', unprivileged);
    const { u64 } = this.arena;
    const bits = BigInt(bytes * 8);
    const arg = (slot: number): bigint => BigInt.asUintN(bytes * 8, u64[this.arg + 2 * slot]!);
    const change = (old: bigint): bigint | undefined => {
      if (pair) return old === (arg(0) | arg(1) << bits) ? arg(2) | arg(3) << bits : undefined;
      if (d & ACCESS_CAS) return old === arg(0) ? arg(1) : undefined;
      return modify(atomicOps[accessAtomicOp(d)]!, old, arg(0), bytes * 8);
    };
    const old = this.memory.update(place.arena, all, change);
    u64[this.result] = BigInt.asUintN(bytes * 8, old);
    u64[this.result + 2] = pair ? old >> bits : 0n;
    if (change(old) !== undefined) this.noteWrite(place.arena, all);
  }

  // ---- elements side by side
  private loadMasked(lo: number, hi: number, d: number): MmioEvent | undefined {
    const { u64 } = this.arena;
    const mask = this.vector(this.arg);
    const { size, count, single } = elementsOf(d);
    let all = 0n;
    for (let i = 0; i < count; i++) {
      if (!hasElement(mask, i * size)) continue;
      const asked = this.load(...advance(lo, hi, i * size), single);
      if (asked) return asked;
      all |= u64[this.result]! << BigInt(i * size * 8);
    }
    this.setVector(this.result, all);
    return undefined;
  }

  private storeMasked(lo: number, hi: number, d: number): MmioEvent | undefined {
    const { u64 } = this.arena;
    const [value, mask] = [this.vector(this.arg), this.vector(this.arg + 2)];
    const { size, count, single } = elementsOf(d);
    for (let i = 0; i < count; i++) {
      if (!hasElement(mask, i * size)) continue;
      u64[this.arg] = BigInt.asUintN(64, value >> BigInt(i * size * 8));
      const asked = this.store(...advance(lo, hi, i * size), single);
      if (asked) return asked;
    }
    return undefined;
  }

  private readable(lo: number, hi: number, d: number): undefined {
    const { size, count } = elementsOf(d);
    let all = 0n;
    for (let i = 0; i < count; i++) {
      const [at, high] = advance(lo, hi, i * size);
      if (this.isReadable(at, high, size, d)) all |= ((1n << BigInt(size * 8)) - 1n) << BigInt(i * size * 8);
    }
    this.setVector(this.result, all);
  }

  private isReadable(lo: number, hi: number, bytes: number, d: number): boolean {
    const unprivileged = (d & ACCESS_UNPRIVILEGED) !== 0;
    const isMemory = (at: number, high: number): boolean => {
      const { pa, device } = this.guest.translate(address(at, high), 'read', unprivileged);
      return !device && this.physical.find(pa) !== undefined;
    };
    try {
      this.checkAlignment(lo, hi, d, 'read');
      if (!isMemory(lo, hi) || ((lo & (PAGE - 1)) + bytes > PAGE && !isMemory(...advance(lo, hi, bytes - 1)))) return false;
    } catch (e) {
      if (e instanceof GuestEvent) return false;
      throw e;
    }
    return !this.tlb.watched.touches(lo, hi, bytes) || this.guest.debug!.access(address(lo, hi), bytes, 'read', unprivileged) === undefined;
  }

  /** 16 bytes at an index of the u64 view. */
  private vector(at: number): bigint { return this.arena.u64[at]! | this.arena.u64[at + 1]! << 64n; }
  private setVector(at: number, bits: bigint): void {
    this.arena.u64[at] = BigInt.asUintN(64, bits);
    this.arena.u64[at + 1] = bits >> 64n;
  }

  /** What is watched of the access; a fault of it comes before. The instruction that a device answered was looked at already. */
  private inspect(lo: number, hi: number, d: number, kind: 'read' | 'write' | 'modify'): void {
    const bytes = accessBytes(d) * (d & ACCESS_PAIR ? 2 : 1);
    if (!this.tlb.watched.touches(lo, hi, bytes) || this.replies.any) return;
    const unprivileged = (d & ACCESS_UNPRIVILEGED) !== 0;
    const event = this.guest.debug!.access(address(lo, hi), bytes, kind, unprivileged);
    if (!event) return;
    if (kind !== 'write') this.places(lo, hi, bytes, 'read', unprivileged, alignedUnit(d));
    if (kind !== 'read') this.places(lo, hi, bytes, 'write', unprivileged, alignedUnit(d));
    throw event;
  }

  private checkAlignment(lo: number, hi: number, d: number, kind: AccessKind): void {
    const align = accessAlign(d);
    if ((lo & (align - 1)) === 0) return;
    if (d & ACCESS_WITHIN_16 && (lo & 15) + align <= 16) return;
    throw this.guest.alignmentFault(address(lo, hi), kind, (d & ACCESS_UNPRIVILEGED) !== 0);
  }

  /** Parts of an access by page, in order; every one is known to be allowed. In a device it has to be a multiple of `unit`. */
  private places(lo: number, hi: number, bytes: number, kind: 'read' | 'write', unprivileged: boolean, unit: number): Place[] {
    const inFirst = Math.min(bytes, PAGE - (lo & (PAGE - 1)));
    const aligned = unit !== 0 && (lo & (unit - 1)) === 0;
    const first = this.place(lo, hi, inFirst, kind, unprivileged, aligned);
    if (inFirst === bytes) return [first];
    const [nextLo, nextHi] = advance(lo, hi, inFirst);
    return [first, this.place(nextLo, nextHi, bytes - inFirst, kind, unprivileged, aligned)];
  }

  private place(lo: number, hi: number, bytes: number, kind: 'read' | 'write', unprivileged: boolean, aligned: boolean): Place {
    const va = address(lo, hi);
    const { pa, writable, device } = this.guest.translate(va, kind, unprivileged);
    if (device && !aligned) throw this.guest.alignmentFault(va, kind, unprivileged);
    const slot = this.physical.find(pa);
    if (!slot) return { arena: -1, pa, bytes, writable: true };
    const arena = slot.arena + (pa - slot.gpa);
    const page = arena - (arena % PAGE);
    // Before the entry: with threads the log may be taken and cleared meanwhile, and the entry goes after that.
    if (kind === 'write' && !slot.readonly) noteDirty(slot, pa, bytes);
    const direct = writable && !slot.readonly && !this.cache.codeIn(page) && !mustNote(slot, pa);
    // Device memory stays on the slow path, where its alignment is seen.
    if (!device && !this.tlb.watched.touches(lo, hi, 1)) this.tlb.fill(this.bank(unprivileged, hi), this.guest.mmuIndex(unprivileged), lo, hi, page, direct);
    return { arena, pa, bytes, writable: !slot.readonly };
  }

  /** Up to 16 bytes in an aligned block of 16, as other threads see them at one time. */
  private whole(at: number, bytes: number): bigint {
    return atOnce(at, bytes) === bytes ? this.memory.load(at, bytes) : this.memory.update(at, bytes, () => undefined);
  }

  /** Reads into the element at index `to` of the u64 view, zero-extended to 128 bits. */
  private read(lo: number, hi: number, bytes: number, unprivileged: boolean, unit: number, to: number): MmioEvent | undefined {
    const { u64 } = this.arena;
    let whole = 0n;
    let at = 0;
    for (const place of this.places(lo, hi, bytes, 'read', unprivileged, unit)) {
      const inBlock = place.arena >= 0 && (place.arena & 15) + place.bytes <= 16;
      for (let done = 0; done < place.bytes;) {
        const n = place.arena < 0 ? deviceBytes(place.bytes - done) : inBlock ? place.bytes : atOnce(place.arena + done, place.bytes - done);
        const value = place.arena < 0 ? this.device(lo, hi, at, place.pa + done, n, unprivileged) : inBlock ? this.whole(place.arena, n) : this.memory.load(place.arena + done, n);
        if (typeof value === 'object') return value;
        whole = at === 0 ? value : whole | value << BigInt(at * 8);
        at += n;
        done += n;
      }
    }
    u64[to] = BigInt.asUintN(64, whole);
    u64[to + 1] = bytes > 8 ? whole >> 64n : 0n;
    return undefined;
  }

  /** `at`: bytes from the access's address. */
  private device(lo: number, hi: number, at: number, pa: number, bytes: number, unprivileged: boolean): bigint | MmioEvent {
    const reply = this.replies.take();
    if (reply === undefined) return new MmioEvent(pa, bytes, false, 0n);
    if (reply === 'abort') throw this.guest.externalAbort(address(...advance(lo, hi, at)), 'read', unprivileged);
    return BigInt.asUintN(bytes * 8, reply);
  }

  /** Writes the value whose low half is at index `from` of the u64 view. */
  private write(lo: number, hi: number, places: readonly Place[], from: number, unprivileged: boolean): MmioEvent | undefined {
    const { u64 } = this.arena;
    let at = 0;
    for (const place of places) {
      if (place.arena >= 0 && place.writable) {
        const value = (u64[from]! | u64[from + 1]! << 64n) >> BigInt(at * 8);
        const inBlock = (place.arena & 15) + place.bytes <= 16;
        if (inBlock && atOnce(place.arena, place.bytes) < place.bytes) {
          this.memory.update(place.arena, place.bytes, () => BigInt.asUintN(place.bytes * 8, value));
        } else {
          for (let done = 0; done < place.bytes;) {
            const n = atOnce(place.arena + done, place.bytes - done);
            this.memory.store(place.arena + done, n, value >> BigInt(done * 8));
            done += n;
          }
        }
        this.noteWrite(place.arena, place.bytes);
      } else {
        for (let done = 0; done < place.bytes;) {
          const n = deviceBytes(place.bytes - done);
          const offset = at + done;
          const rest = offset === 0 ? u64[from]! : (u64[from]! | (u64[from + 1]! << 64n)) >> BigInt(offset * 8);
          const asked = this.deviceWrite(lo, hi, offset, place.pa + done, n, BigInt.asUintN(n * 8, rest), unprivileged);
          if (asked) return asked;
          done += n;
        }
      }
      at += place.bytes;
    }
    return undefined;
  }

  private deviceWrite(lo: number, hi: number, at: number, pa: number, bytes: number, data: bigint, unprivileged: boolean): MmioEvent | undefined {
    const reply = this.replies.take();
    if (reply === undefined) return new MmioEvent(pa, bytes, true, data);
    if (reply === 'abort') throw this.guest.externalAbort(address(...advance(lo, hi, at)), 'write', unprivileged);
    return undefined;
  }

  private noteWrite(at: number, bytes: number): void {
    const page = at - (at % PAGE);
    if (this.cache.codeIn(page) && this.cache.written(at, bytes)) this.codeWritten();
  }
}

/** What the address of an access to a device has to be a multiple of; 0: it may not be one. */
const alignedUnit = (d: number): number => (d & ACCESS_NOT_DEVICE ? 0 : accessElement(d) || Math.max(accessBytes(d), accessAlign(d)));

/** Bytes of each element, how many there are, and the descriptor of an access to one of them alone. */
function elementsOf(d: number): { readonly size: number; readonly count: number; readonly single: number } {
  const size = accessElement(d) || accessBytes(d);
  return { size, count: accessBytes(d) / size, single: (d & ~(ACCESS_MASKED | 0x1f | 0xf << 16)) | size };
}

const hasElement = (mask: bigint, at: number): boolean => ((mask >> BigInt(at * 8)) & 1n) !== 0n;

/** Of what is left of an access, how much a device is asked for at once: 1, 2, 4 or 8 bytes. */
const deviceBytes = (left: number): number => (left >= 8 ? 8 : 1 << (31 - Math.clz32(left)));

/** A pair that is one access: both elements lie in an aligned block of 16 bytes. */
const isTogether = (lo: number, d: number): boolean =>
  (d & (ACCESS_PAIR | ACCESS_WITHIN_16)) === (ACCESS_PAIR | ACCESS_WITHIN_16) && (lo & 15) + 2 * accessBytes(d) <= 16;

/** How many of `bytes` bytes can be read or written as one. */
function atOnce(at: number, bytes: number): number {
  let n = 8;
  while (n > bytes || at % n !== 0) n /= 2;
  return n;
}

const address = (lo: number, hi: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

function advance(lo: number, hi: number, bytes: number): [lo: number, hi: number] {
  const next = (lo >>> 0) + bytes;
  return [next | 0, next > 0xffffffff ? (hi + 1) | 0 : hi];
}

function modify(op: (typeof atomicOps)[number], old: bigint, value: bigint, bits: number): bigint {
  const signed = (v: bigint): bigint => BigInt.asIntN(bits, v);
  switch (op) {
    case 'add': return BigInt.asUintN(bits, old + value);
    case 'and': return old & value;
    case 'or': return old | value;
    case 'xor': return old ^ value;
    case 'swap': return value;
    case 'maxS': return signed(old) > signed(value) ? old : value;
    case 'minS': return signed(old) < signed(value) ? old : value;
    case 'maxU': return old > value ? old : value;
    case 'minU': return old < value ? old : value;
  }
}
