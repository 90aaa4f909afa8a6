/** The reference evaluator as an engine. */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { EC, ExceptionEvent } from '../../src/guest/aarch64/exception.ts';
import { createAArch64 } from '../../src/guest/aarch64/index.ts';
import { insns } from '../../src/guest/aarch64/insns.ts';
import { requirementMet } from '../../src/guest/aarch64/mode.ts';
import { layout } from '../../src/guest/aarch64/state.ts';
import { GuestEvent } from '../../src/isa/arch.ts';
import type { Access } from '../../src/isa/builder.ts';
import { type Decoder, decoder } from '../../src/isa/decode.ts';
import { type EvalMemory, Evaluator } from '../../src/isa/eval.ts';
import { CODE, DATA, DATA_SIZE, type Engine, Incomparable, type Outcome, SEA, SEA_SIZE, type State } from './engine.ts';
import { dataArea } from './inputs.ts';
import { qemusMax } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { enterUserMode } from './user-mode.ts';

const MAX_STEPS = 64;

class MemoryFault extends GuestEvent {
  describe(): string { return 'access outside of the areas, or not aligned'; }
}

class Undefined extends GuestEvent {
  describe(): string { return 'no such instruction'; }
}

/** The data area and, for loads, the sea; everything else faults. */
class TestMemory implements EvalMemory {
  readonly sea = new Uint8Array(SEA_SIZE);
  readonly data = dataArea.slice();
  private readonly touched = new Set<number>();

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
    const va = BigInt.asUintN(56, tagged); // Linux has TBI on, and neither area has bit 55 set
    if (va % BigInt(align) !== 0n) throw new MemoryFault();
    if (va >= DATA && va + BigInt(bytes) <= DATA + BigInt(DATA_SIZE)) return [this.data, Number(va - DATA)];
    if (va >= SEA && va + BigInt(bytes) <= SEA + BigInt(SEA_SIZE)) return [this.sea, Number(va - SEA)];
    throw new MemoryFault();
  }
}

const NO_MONITOR = 0xffff_ffff_ffff_ffffn;

/** Classes of exceptions that Linux makes a SIGILL of. */
const illegal: ReadonlySet<number> = new Set([EC.Unknown, EC.SystemRegister, EC.WFx]);

export class Reference implements Engine {
  readonly name = 'reference';
  private readonly decoder: Decoder;
  private readonly memory = new TestMemory();
  private readonly arena = new Arena(0x10000, false);
  private readonly base = this.arena.alloc(layout.size);
  private readonly state = layout.view(this.arena, this.base);
  private readonly cpu = createAArch64(qemusMax).createCpu(
    {
      arena: this.arena, base: this.base, log: silentLog,
      modeChanged: () => {}, interruptsChanged: () => {}, flushTlb: () => {}, flushTlbPage: () => {}, ram: () => -1, ramForWrite: () => -1,
    },
    {
      platform: { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n },
      mpidr: 0n, gicSystemRegisters: false, semihosting: false,
    },
  );
  private readonly evaluator = new Evaluator({ arena: this.arena, base: this.base, cpu: this.cpu, memory: this.memory });

  constructor(decode: Decoder = decoder(insns)) {
    this.decoder = decode;
  }

  run(words: Uint32Array, input: State): Outcome {
    this.load(words, input);
    const end = CODE + BigInt(words.length * 4);
    try {
      for (let steps = 0; this.state.pc >= CODE && this.state.pc < end && this.state.pc % 4n === 0n; steps++) {
        if (steps >= MAX_STEPS) throw new Incomparable('goes round for ever');
        const word = words[Number(this.state.pc - CODE) / 4] as number;
        const insn = this.decoder.decode(word);
        if (!insn) throw new Undefined();
        if (insn.requires && !requirementMet(this.cpu.modeKey(), insn.requires)) throw this.cpu.requirementEvent(insn.requires, word);
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
    this.arena.u8.fill(0, this.base, this.base + layout.size);
    enterUserMode(this.state);
    this.cpu.controlsChanged();
    this.state.monitorAddress = NO_MONITOR;
    new Uint32Array(this.memory.sea.buffer).fill(0).set(words, Number(CODE - SEA) / 4);
    const { state } = this;
    state.pc = CODE;
    putRegisters(state, input);
  }

  private outcome(stop: Outcome['stop']): Outcome {
    const { state } = this;
    return {
      ...registersOf(state),
      pc: state.pc,
      stop,
      memory: this.memory.changes(),
    };
  }
}

function stopOf(event: GuestEvent): Outcome['stop'] {
  if (event instanceof MemoryFault) return 'memory';
  if (event instanceof Undefined) return 'undefined';
  if (!(event instanceof ExceptionEvent)) return 'other';
  return illegal.has(event.ec) ? 'undefined' : event.ec === EC.DataAbort ? 'memory' : 'other';
}
