/** A program's memory: a few areas at their own addresses in a flat space, in the order of bytes of its machine. */
import type { Arena } from '../../../src/base/arena.ts';
import type { MemorySlot } from '../../../src/vcpu/physical.ts';

const PAGE = 4096;

export class ProgramMemory {
  readonly slots: MemorySlot[] = [];
  private readonly arena: Arena;
  private readonly littleEndian: boolean;
  private readonly view: DataView;

  constructor(arena: Arena, bigEndian: boolean) {
    this.arena = arena;
    this.littleEndian = !bigEndian;
    this.view = new DataView(arena.memory.buffer);
  }

  /** Zeros from the page of `address` on. */
  add(address: number, size: number): void {
    const gpa = address - (address % PAGE);
    const bytes = Math.ceil((address + size - gpa) / PAGE) * PAGE;
    this.slots.push({ gpa, size: bytes, arena: this.arena.alloc(bytes, PAGE), readonly: false });
  }

  mapped(address: number): boolean {
    return this.slots.some(s => address >= s.gpa && address < s.gpa + s.size);
  }

  /** The place in the arena. Throws a RangeError where not all of it is mapped. */
  private at(address: number, bytes: number): number {
    const slot = this.slots.find(s => address >= s.gpa && address + bytes <= s.gpa + s.size);
    if (!slot) throw new RangeError(`0x${address.toString(16)} is not mapped`);
    return slot.arena + address - slot.gpa;
  }

  read(address: number, bytes: number): Uint8Array {
    const at = this.at(address, bytes);
    return this.arena.u8.slice(at, at + bytes);
  }

  write(address: number, data: Uint8Array): void {
    this.arena.u8.set(data, this.at(address, data.length));
  }

  word(address: number, bits: 32 | 64): number {
    const at = this.at(address, bits / 8);
    return bits === 64 ? Number(this.view.getBigUint64(at, this.littleEndian)) : this.view.getUint32(at, this.littleEndian);
  }

  setWord(address: number, bits: 32 | 64, value: number): void {
    const at = this.at(address, bits / 8);
    if (bits === 64) this.view.setBigUint64(at, BigInt(value), this.littleEndian);
    else this.view.setUint32(at, value, this.littleEndian);
  }
}
