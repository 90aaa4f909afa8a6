/**
 * Guest memory for a debugger: through a CPU's translation or by guest-physical addresses, whatever may be written there. Devices aren't
 * memory: a read of one can take a character or acknowledge an interrupt, and a debugger's window may read what nobody asked for.
 */
import type { Vm } from '../../kvm/index.ts';

const PAGE = 4096;
/** Bytes of one request. */
const LONGEST = 1 << 24;

interface Part { readonly arena: number; readonly gpa: number; readonly bytes: number }
type Translate = (va: bigint) => number | undefined;

export class DebugMemory {
  private readonly vm: Vm;

  constructor(vm: Vm) {
    this.vm = vm;
  }

  /** Undefined where some of it is neither RAM nor ROM. */
  read(address: bigint, length: number, translate: Translate = physical): Uint8Array | undefined {
    const parts = this.parts(address, length, translate);
    if (!parts) return undefined;
    const data = new Uint8Array(length);
    let at = 0;
    for (const { arena, bytes } of parts) {
      data.set(this.vm.arena.u8.subarray(arena, arena + bytes), at);
      at += bytes;
    }
    return data;
  }

  /** All or nothing. */
  write(address: bigint, data: Uint8Array, translate: Translate = physical): boolean {
    const parts = this.parts(address, data.length, translate);
    if (!parts) return false;
    let at = 0;
    for (const { arena, gpa, bytes } of parts) {
      this.vm.arena.u8.set(data.subarray(at, at + bytes), arena);
      this.vm.memoryChanged(gpa, bytes);
      at += bytes;
    }
    return true;
  }

  /** By page. */
  private parts(address: bigint, length: number, translate: Translate): Part[] | undefined {
    if (length > LONGEST) return undefined;
    const parts: Part[] = [];
    for (let done = 0; done < length;) {
      const va = BigInt.asUintN(64, address + BigInt(done));
      const bytes = Math.min(length - done, PAGE - Number(va & BigInt(PAGE - 1)));
      const gpa = translate(va);
      const arena = gpa === undefined ? -1 : this.vm.memory.at(gpa, bytes);
      if (gpa === undefined || arena < 0) return undefined;
      parts.push({ arena, gpa, bytes });
      done += bytes;
    }
    return parts;
  }
}

const physical: Translate = address => (address >> 52n === 0n ? Number(address) : undefined);
