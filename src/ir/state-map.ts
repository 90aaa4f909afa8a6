/** What the IR has to know of a guest's state: types by field, and which places may be cached, read as zero, or are sinks. */
import { sizeOf, type Field } from '../base/layout.ts';
import type { GuestArch } from '../isa/arch.ts';
import { I32, I64, V128 } from '../wasm/opcodes.ts';

export class StateMap {
  readonly size: number;
  /** Byte offset of the PC. */
  readonly pc: number;
  /** Byte offset, in a cold record, of the instruction's offset in its page. */
  readonly recordPc = 4;
  private readonly flags: Uint8Array;

  constructor(arch: Pick<GuestArch, 'layout' | 'cached' | 'zeroSlots' | 'sinkSlots'>) {
    this.size = arch.layout.size;
    this.pc = arch.layout.fields.pc.offset;
    this.flags = new Uint8Array(this.size >>> 2);
    for (const field of arch.cached) {
      for (let i = 0; i < field.count; i++) this.mark(field, i, 1);
    }
    for (const [field, i] of arch.zeroSlots) this.mark(field, i, 2);
    for (const [field, i] of arch.sinkSlots) this.mark(field, i, 4);
  }

  private mark(field: Field, index: number, bit: number): void {
    const at = (field.offset + index * sizeOf[field.type]) >>> 2;
    this.flags[at] = (this.flags[at] ?? 0) | bit;
  }

  cached(at: number): boolean { return (this.flags[at >>> 2]! & 1) !== 0; }
  zero(at: number): boolean { return (this.flags[at >>> 2]! & 2) !== 0; }
  sink(at: number): boolean { return (this.flags[at >>> 2]! & 4) !== 0; }

  typeOf(field: Field): number {
    switch (field.type) {
      case 'u64': return I64;
      case 'v128': return V128;
      case 'u32': return I32;
      default: throw new Error(`${field.name}: generated code reaches no ${field.type} fields`);
    }
  }
}
