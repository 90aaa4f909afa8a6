/** The reference evaluator as an engine for PowerPC. */
import { Arena } from '../../../src/base/arena.ts';
import { silentLog } from '../../../src/base/log.ts';
import { createPowerPc, models } from '../../../src/guest/powerpc/index.ts';
import { alignment, dataStorage, illegalInstruction } from '../../../src/guest/powerpc/interrupt.ts';
import { layout } from '../../../src/guest/powerpc/state.ts';
import { GuestEvent } from '../../../src/isa/arch.ts';
import type { Access } from '../../../src/isa/builder.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { type EvalMemory, Evaluator } from '../../../src/isa/eval.ts';
import { CODE, DATA, DATA_SIZE, type Engine, Incomparable, type Outcome, SEA, SEA_SIZE, type State, type VariantName, variants } from './engine.ts';
import { dataAreaOf } from './inputs.ts';
import { putRegisters, registersOf } from './registers.ts';
import { stopOf } from './stops.ts';

const MAX_STEPS = 64;

/** The data area and, for loads, the sea; everything else faults. */
class TestMemory implements EvalMemory {
  readonly sea = new Uint8Array(SEA_SIZE);
  readonly data: Uint8Array;
  private readonly pristine: BigUint64Array;
  private readonly touched = new Set<number>();

  constructor(pristine: Uint8Array) {
    this.data = pristine.slice();
    this.pristine = new BigUint64Array(pristine.slice().buffer);
  }

  load(va: bigint, bytes: number, access: Access): bigint {
    const [area, at] = this.find(va, bytes, access, false);
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(area[at + i] as number);
    return value;
  }

  store(va: bigint, bytes: number, value: bigint, access: Access): void {
    const [area, at] = this.find(va, bytes, access, true);
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
    for (const at of [...this.touched].sort((a, b) => a - b)) {
      const i = at / 8;
      const now = words.slice(i, i + 2) as unknown as [bigint, bigint];
      if (now[0] !== this.pristine[i] || now[1] !== this.pristine[i + 1]) result.set(at, now[0] | (now[1] << 64n));
      words.set(this.pristine.subarray(i, i + 2), i);
    }
    this.touched.clear();
    return result;
  }

  private find(va: bigint, bytes: number, { align = 1 }: Access, store: boolean): [area: Uint8Array, at: number] {
    if (va % BigInt(align) !== 0n) throw alignment(va);
    if (va >= DATA && va + BigInt(bytes) <= DATA + BigInt(DATA_SIZE)) return [this.data, Number(va - DATA)];
    if (va >= SEA && va + BigInt(bytes) <= SEA + BigInt(SEA_SIZE)) return [this.sea, Number(va - SEA)];
    throw dataStorage(va, store);
  }
}

export class Reference implements Engine {
  readonly name = 'reference';
  readonly variant: VariantName;
  private readonly decoder: Decoder;
  private readonly memory: TestMemory;
  private readonly arena = new Arena(0x10000, false);
  private readonly base = this.arena.alloc(layout.size);
  private readonly state = layout.view(this.arena, this.base);
  private readonly evaluator: Evaluator;

  constructor(variant: VariantName, decode?: Decoder) {
    this.variant = variant;
    const { model, bigEndian } = variants[variant];
    const arch = createPowerPc(models[model]);
    this.decoder = decode ?? arch.decoder;
    this.memory = new TestMemory(dataAreaOf(variant));
    const cpu = arch.createCpu({
      arena: this.arena, base: this.base, log: silentLog,
      modeChanged: () => {}, interruptsChanged: () => {}, flushTlb: () => {}, flushTlbPage: () => {}, ram: () => -1, ramForWrite: () => -1,
    }, { bigEndian, map: () => undefined, timeBase: () => 0n, random: () => 0n });
    const mode = cpu.modeKey();
    this.evaluator = new Evaluator({
      arena: this.arena, base: this.base, cpu, memory: this.memory,
      bigEndianData: () => bigEndian, stagedMode: () => arch.stagedMode?.(mode) ?? 0,
    });
    this.reset = () => { cpu.reset(); };
  }

  private readonly reset: () => void;

  run(words: Uint32Array, input: State): Outcome {
    this.load(words, input);
    const { state } = this;
    const end = CODE + BigInt(words.length * 4);
    try {
      for (let steps = 0; state.pc >= CODE && state.pc < end; steps++) {
        if (steps >= MAX_STEPS) throw new Incomparable('goes round for ever');
        const word = words[Number(state.pc - CODE) / 4] as number;
        const insn = this.decoder.decode(word);
        if (!insn) throw illegalInstruction();
        this.evaluator.step(insn, word);
      }
      return this.outcome('left');
    } catch (e) {
      if (!(e instanceof GuestEvent)) {
        this.memory.changes();
        throw e;
      }
      return this.outcome(stopOf(e));
    }
  }

  private load(words: Uint32Array, input: State): void {
    this.reset();
    const sea = new DataView(this.memory.sea.fill(0).buffer);
    words.forEach((word, i) => { sea.setUint32(Number(CODE - SEA) + i * 4, word, !variants[this.variant].bigEndian); });
    this.state.pc = CODE;
    putRegisters(this.state, input);
  }

  private outcome(stop: Outcome['stop']): Outcome {
    const { bits } = variants[this.variant];
    return {
      ...registersOf(this.state, bits),
      pc: BigInt.asUintN(bits, this.state.pc),
      stop,
      memory: this.memory.changes(),
    };
  }
}
