/** Software breakpoints of a debugger: BRK #0 in the place of an instruction, which is kept. */
import { KvmError } from '../../kvm/index.ts';
import type { DebugMemory } from './memory.ts';

/** BRK #0. Little-endian, as instructions always are. */
const BRK = Uint8Array.of(0, 0, 0x20, 0xd4);

interface Saved {
  readonly word: Uint8Array;
  /** Where it was put: the translation may be another one when it is taken away. */
  readonly gpa: number;
  uses: number;
}

export class SoftwareBreakpoints {
  private readonly memory: DebugMemory;
  private readonly all = new Map<bigint, Saved>();

  constructor(memory: DebugMemory) {
    this.memory = memory;
  }

  get active(): boolean { return this.all.size > 0; }
  has(pc: bigint): boolean { return this.all.has(pc); }

  /** `gpa`: where the address leads now. Throws EINVAL where no instruction is. */
  insert(address: bigint, gpa: number | undefined): void {
    const known = this.all.get(address);
    if (known) {
      known.uses++;
      return;
    }
    const word = gpa === undefined || gpa % BRK.length !== 0 ? undefined : this.memory.read(BigInt(gpa), BRK.length);
    if (!word || !this.memory.write(BigInt(gpa!), BRK)) {
      throw new KvmError('EINVAL', `no instruction is at 0x${address.toString(16)}`);
    }
    this.all.set(address, { word, gpa: gpa!, uses: 1 });
  }

  /** Throws ENOENT where none was inserted; EINVAL where the memory is gone, or something else was written there: that stays. */
  remove(address: bigint): void {
    const known = this.all.get(address);
    if (!known) throw new KvmError('ENOENT', `no breakpoint is at 0x${address.toString(16)}`);
    if (--known.uses > 0) return;
    this.all.delete(address);
    if (!this.takeAway(known)) throw new KvmError('EINVAL', `the breakpoint at 0x${address.toString(16)} isn't in memory any more`);
  }

  removeAll(): void {
    for (const saved of this.all.values()) this.takeAway(saved);
    this.all.clear();
  }

  /** `change` has memory as it is without breakpoints; they are put over what is there by then, where the guest overwrote them, too. */
  outlast(change: () => void): void {
    for (const saved of this.all.values()) this.takeAway(saved);
    change();
    for (const { word, gpa } of this.all.values()) {
      const now = this.memory.read(BigInt(gpa), BRK.length);
      if (!now) continue;
      word.set(now);
      this.memory.write(BigInt(gpa), BRK);
    }
  }

  private takeAway({ word, gpa }: Saved): boolean {
    return sameBytes(this.memory.read(BigInt(gpa), BRK.length), BRK) && this.memory.write(BigInt(gpa), word);
  }

  /** What the guest has where breakpoints are, of bytes that lie at `gpa`. */
  hide(gpa: number, bytes: Uint8Array): void { this.overlaps(gpa, bytes, (saved, i, n) => { bytes[i] = saved.word[n]!; }); }

  /** Bytes for `gpa` as they are written: breakpoints stay, and what was to be there comes back with their removal. */
  keep(gpa: number, bytes: Uint8Array): void {
    this.overlaps(gpa, bytes, (saved, i, n) => {
      saved.word[n] = bytes[i]!;
      bytes[i] = BRK[n]!;
    });
  }

  private overlaps(gpa: number, bytes: Uint8Array, found: (saved: Saved, index: number, byte: number) => void): void {
    for (const saved of this.all.values()) {
      for (let n = 0; n < BRK.length; n++) {
        const i = saved.gpa + n - gpa;
        if (i >= 0 && i < bytes.length) found(saved, i, n);
      }
    }
  }
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && a.every((byte, i) => byte === b[i]);
