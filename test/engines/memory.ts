/** What the reference evaluator has for memory in the tests. */
import { GuestEvent } from '../../src/isa/arch.ts';
import type { Access } from '../../src/isa/builder.ts';
import type { EvalMemory } from '../../src/isa/eval.ts';
import { DATA, DATA_SIZE, Incomparable, SEA, SEA_SIZE } from './engine.ts';
import { dataArea } from './inputs.ts';

export class MemoryFault extends GuestEvent {
  describe(): string { return 'access outside of the areas, or not aligned'; }
}

/** The data area and, for loads, the sea; everything else faults. */
export class TestMemory implements EvalMemory {
  readonly sea = new Uint8Array(SEA_SIZE);
  readonly data = dataArea.slice();
  private readonly touched = new Set<number>();
  private readonly addressBits: number;

  /** `addressBits`: Linux has TBI on, and neither area has bit 55 set. */
  constructor(addressBits = 56) { this.addressBits = addressBits; }

  load(va: bigint, bytes: number, access: Access): bigint {
    const [area, at] = this.find(va, bytes, access);
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(area[at + i] as number);
    return value;
  }

  store(va: bigint, bytes: number, value: bigint, access: Access): void {
    const [area, at] = this.find(va, bytes, access);
    if (area === this.sea) throw new Incomparable('stores among the instructions');
    for (let i = 0; i < bytes; i++) area[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    for (let piece = at & ~15; piece < at + bytes; piece += 16) this.touched.add(piece);
  }

  update(va: bigint, bytes: number, change: (old: bigint) => bigint | undefined, access: Access): bigint {
    const old = this.load(va, bytes, access);
    this.store(va, bytes, change(old) ?? old, access);
    return old;
  }

  /** What was written and is different; the area is as at first afterwards. */
  changes(): Map<number, bigint> {
    const result = new Map<number, bigint>();
    const words = new BigUint64Array(this.data.buffer);
    const before = new BigUint64Array(dataArea.buffer);
    for (const at of [...this.touched].sort((a, b) => a - b)) {
      const i = at / 8;
      if (words[i] !== before[i] || words[i + 1] !== before[i + 1]) result.set(at, (words[i] as bigint) | ((words[i + 1] as bigint) << 64n));
      words.set(before.subarray(i, i + 2), i);
    }
    this.touched.clear();
    return result;
  }

  private find(tagged: bigint, bytes: number, { align = 1 }: Access): [area: Uint8Array, at: number] {
    const va = BigInt.asUintN(this.addressBits, tagged);
    if (va % BigInt(align) !== 0n) throw new MemoryFault();
    if (va >= DATA && va + BigInt(bytes) <= DATA + BigInt(DATA_SIZE)) return [this.data, Number(va - DATA)];
    if (va >= SEA && va + BigInt(bytes) <= SEA + BigInt(SEA_SIZE)) return [this.sea, Number(va - SEA)];
    throw new MemoryFault();
  }
}
