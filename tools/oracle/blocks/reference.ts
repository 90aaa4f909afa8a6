/** Runs blocks in the reference evaluator. */
import { Arena } from '../../../src/base/arena.ts';
import type { View } from '../../../src/base/layout.ts';
import { silentLog } from '../../../src/base/log.ts';
import { GuestEvent, type engineState, type GuestCpu } from '../../../src/isa/arch.ts';
import type { Access } from '../../../src/isa/builder.ts';
import { type EvalMemory, Evaluator } from '../../../src/isa/eval.ts';
import { dataArea } from './data.ts';
import { inMemory, Recorder } from './record.ts';
import { CODE, CODE_BYTES, DATA, DATA_BYTES, type Piece, type Target } from './target.ts';
import { Fault } from './tiers.ts';

const MOST_STEPS = 400;

class BlockMemory implements EvalMemory {
  readonly code = new Uint8Array(CODE_BYTES);
  readonly data = dataArea.slice();
  private readonly addressBits: number;

  constructor(addressBits: number) {
    this.addressBits = addressBits;
  }

  load(address: bigint, bytes: number, access: Access): bigint {
    const [area, at] = this.find(address, bytes, access);
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(area[at + i]!);
    return value;
  }

  store(address: bigint, bytes: number, value: bigint, access: Access): void {
    const [area, at] = this.find(address, bytes, access);
    if (area === this.code) throw new Fault();
    for (let i = 0; i < bytes; i++) area[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  update(address: bigint, bytes: number, change: (old: bigint) => bigint | undefined, access: Access): bigint {
    const old = this.load(address, bytes, access);
    this.store(address, bytes, change(old) ?? old, access);
    return old;
  }

  private find(address: bigint, bytes: number, { align = 1 }: Access): [area: Uint8Array, at: number] {
    const va = Number(BigInt.asUintN(this.addressBits, address));
    if (va % align !== 0) throw new Fault();
    if (va >= DATA && va + bytes <= DATA + DATA_BYTES) return [this.data, va - DATA];
    if (va >= CODE && va + bytes <= CODE + CODE_BYTES) return [this.code, va - CODE];
    throw new Fault();
  }
}

export class ReferenceBlocks<Cpu extends GuestCpu> {
  private readonly target: Target<Cpu>;
  private readonly memory: BlockMemory;
  private readonly cpu: Cpu;
  private readonly state: View<typeof engineState>;
  private readonly evaluator: Evaluator;
  private readonly recorder: Recorder;
  private readonly data: BigUint64Array;

  constructor(target: Target<Cpu>) {
    this.target = target;
    const { layout } = target.arch;
    const arena = new Arena(0x1_0000, false);
    const base = arena.alloc(layout.size, 64);
    this.memory = new BlockMemory(target.addressBits);
    this.data = new BigUint64Array(this.memory.data.buffer);
    this.state = layout.view(arena, base) as View<typeof engineState>;
    this.cpu = target.createCpu({
      arena, base, log: silentLog, modeChanged() {}, interruptsChanged() {}, flushTlb() {}, flushTlbPage() {}, ram: () => -1, ramForWrite: () => -1,
    });
    this.evaluator = new Evaluator({ arena, base, cpu: this.cpu, memory: this.memory, ...modes(target, this.cpu) });
    this.recorder = new Recorder(target as unknown as Target);
  }

  load(code: Uint32Array): void {
    new Uint32Array(this.memory.code.buffer).set(inMemory(this.target, code));
  }

  /** Undefined where it goes round for ever. `before` gets to see each word of the code that is run, and the state in which it is run. */
  run({ first, length, state }: Piece, before?: (word: number, state: BigUint64Array) => void): BigUint64Array | undefined {
    const start = CODE + first * 4;
    let memory = 0n;
    let other = 0n;
    this.target.put(this.cpu, state);
    this.state.pc = BigInt(start);
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const index = (Number(BigInt.asUintN(this.target.addressBits, this.state.pc)) - start) / 4;
      const inside = index >= 0 && index < length && Number.isInteger(index);
      if (Number.isInteger(index) && first + index >= 0 && first + index < CODE_BYTES / 4) before?.(first + index, this.registers());
      try {
        this.step();
      } catch (event) {
        if (!(event instanceof GuestEvent)) throw event;
        if (!inside) {
          return this.recorder.write(this.state.pc, memory, other, to => this.target.get(this.cpu, to), this.data);
        }
        if (event instanceof Fault || this.target.isMemory(event)) memory |= 1n << BigInt(index);
        else other |= 1n << BigInt(index);
        this.target.raised(this.cpu);
        this.state.pc += 4n;
      }
    }
    this.data.set(new BigUint64Array(dataArea.buffer));
    return undefined;
  }

  private registers(): BigUint64Array {
    const state = new BigUint64Array(this.target.slots.length);
    this.target.get(this.cpu, state);
    return state;
  }

  private step(): void {
    const { cpu, target } = this;
    const pc = Number(BigInt.asUintN(target.addressBits, this.state.pc));
    if (!(pc >= CODE && pc < CODE + CODE_BYTES) || pc % 4 !== 0) throw new Fault();
    const at = pc - CODE;
    const word = new DataView(this.memory.code.buffer).getUint32(at, !target.bigEndian);
    const insn = target.decoder.decode(word);
    if (!insn) throw cpu.undefinedInstruction(word);
    if (insn.requires !== undefined && !(target.arch.requirementMet?.(cpu.modeKey(), insn.requires) ?? true)) throw cpu.requirementEvent!(insn.requires, word);
    this.evaluator.step(insn, word);
  }
}

/** What the evaluator is told of the mode, as the engine would tell it. */
const modes = <Cpu extends GuestCpu>({ arch }: Target<Cpu>, cpu: Cpu): { bigEndianData: () => boolean; stagedMode: () => number } => ({
  bigEndianData: () => arch.bigEndianData?.(cpu.modeKey()) ?? false,
  stagedMode: () => arch.stagedMode?.(cpu.modeKey()) ?? 0,
});
