/** The reference evaluator as an engine. */
import { Arena } from '../../../src/base/arena.ts';
import { silentLog } from '../../../src/base/log.ts';
import { requirementMet, stagedMode } from '../../../src/guest/aarch64/aarch32/mode.ts';
import { EC, ExceptionEvent } from '../../../src/guest/aarch64/exception.ts';
import { createAArch64 } from '../../../src/guest/aarch64/index.ts';
import { layout } from '../../../src/guest/aarch64/state.ts';
import { setFpFast } from '../../../src/guest/aarch64/fp/status.ts';
import { GuestEvent } from '../../../src/isa/arch.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { Evaluator } from '../../../src/isa/eval.ts';
import { TestMemory, MemoryFault } from '../../engines/memory.ts';
import { a32, t32 } from './decoders.ts';
import { bytesOf, CODE, type Code, type Engine, inMemory, Incomparable, type Outcome, placed, type State } from './engine.ts';
import { model } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { fillSea } from './sea.ts';
import { enterUserMode } from './user-mode.ts';

const MAX_STEPS = 64;
const NO_MONITOR = 0xffff_ffff_ffff_ffffn;

class Undefined extends GuestEvent {
  describe(): string { return 'no such instruction'; }
}

/** Classes of exceptions that Linux makes a SIGILL of. */
const illegal: ReadonlySet<number> = new Set([EC.Unknown, EC.SystemRegister, EC.WFx]);

export class Reference implements Engine {
  readonly name = 'reference';
  /** Instructions that the last run began. */
  steps = 0;
  private readonly decoders: Readonly<Record<'a32' | 't32', Decoder>>;
  private readonly memory = new TestMemory(32);
  private readonly arena = new Arena(0x10000, false);
  private readonly base = this.arena.alloc(layout.size);
  private readonly state = layout.view(this.arena, this.base);
  private readonly cpu = createAArch64(model).createCpu(
    {
      arena: this.arena, base: this.base, log: silentLog,
      modeChanged: () => {}, interruptsChanged: () => {}, flushTlb: () => {}, flushTlbPage: () => {}, ram: () => -1, ramForWrite: () => -1,
    },
    {
      platform: { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n },
      mpidr: 0n, gicSystemRegisters: false, semihosting: false,
    },
  );
  private readonly evaluator = new Evaluator({
    arena: this.arena, base: this.base, cpu: this.cpu, memory: this.memory,
    bigEndianData: () => this.state.E !== 0, stagedMode: () => stagedMode(this.cpu.modeKey()),
  });

  constructor(decoders: Readonly<Record<'a32' | 't32', Decoder>> = { a32, t32 }) {
    this.decoders = decoders;
  }

  run(code: Code, input: State): Outcome {
    const places = placed(code, input);
    this.load(inMemory(places), input);
    const words = new Map(places.map(({ at, word, thumb }) => [at + (thumb ? 1 : 0), word]));
    try {
      for (this.steps = 0; ; this.steps++) {
        const thumb = this.state.T !== 0;
        const word = words.get(Number(this.state.pc) + (thumb ? 1 : 0));
        if (word === undefined) return this.outcome('left');
        if (this.steps >= MAX_STEPS) throw new Incomparable('goes round for ever');
        this.step(word, thumb);
      }
    } catch (e) {
      if (!(e instanceof GuestEvent)) {
        this.memory.changes();
        throw e;
      }
      return this.outcome(stopOf(e));
    }
  }

  private step(word: number, thumb: boolean): void {
    const insn = this.decoders[thumb ? 't32' : 'a32'].decode(word);
    if (!insn) throw new Undefined();
    if (insn.requires !== undefined && !requirementMet(this.cpu.modeKey(), insn.requires)) throw this.cpu.requirementEvent(insn.requires, word);
    this.evaluator.step(insn, word, bytesOf(word, thumb));
  }

  private load(code: Uint16Array, input: State): void {
    this.arena.u8.fill(0, this.base, this.base + layout.size);
    enterUserMode(this.state);
    this.cpu.controlsChanged();
    this.state.monitorAddress = NO_MONITOR;
    fillSea(this.memory.sea, code);
    const { state } = this;
    state.pc = CODE;
    putRegisters(state, input);
    setFpFast(state);
  }

  private outcome(stop: Outcome['stop']): Outcome {
    return { ...registersOf(this.state), pc: Number(BigInt.asUintN(32, this.state.pc)), stop, memory: this.memory.changes() };
  }
}

function stopOf(event: GuestEvent): Outcome['stop'] {
  if (event instanceof MemoryFault) return 'memory';
  if (event instanceof Undefined) return 'undefined';
  if (!(event instanceof ExceptionEvent)) return 'other';
  return illegal.has(event.ec) ? 'undefined' : event.ec === EC.DataAbort ? 'memory' : 'other';
}
