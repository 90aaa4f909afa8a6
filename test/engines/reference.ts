/** The reference evaluator as an engine. */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { EC, ExceptionEvent } from '../../src/guest/aarch64/exception.ts';
import { createAArch64 } from '../../src/guest/aarch64/index.ts';
import { insns } from '../../src/guest/aarch64/insns.ts';
import { requirementMet } from '../../src/guest/aarch64/mode.ts';
import { layout } from '../../src/guest/aarch64/state.ts';
import { GuestEvent } from '../../src/isa/arch.ts';
import { type Decoder, decoder } from '../../src/isa/decode.ts';
import { Evaluator } from '../../src/isa/eval.ts';
import { CODE, type Engine, Incomparable, type Outcome, SEA, type State } from './engine.ts';
import { MemoryFault, TestMemory } from './memory.ts';
import { qemusMax } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { enterUserMode } from './user-mode.ts';

const MAX_STEPS = 64;

class Undefined extends GuestEvent {
  describe(): string { return 'no such instruction'; }
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
