/** The product's own tiers as engines: the cold tier alone, and units that are compiled before their first run. */
import { createAArch64 } from '../../src/guest/aarch64/index.ts';
import type { Decoder } from '../../src/isa/decode.ts';
import { CODE, type Engine, type Outcome, SEA, type State } from './engine.ts';
import { qemusMax } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { Rig, stopOf } from './rig.ts';

export class Compiled implements Engine {
  readonly name: string;
  private readonly rig: Rig;
  /** What stands at CODE. */
  private words = new Uint32Array();

  constructor(name: 'cold' | 'jit', decode: Decoder) {
    this.name = name;
    this.rig = new Rig(name, { ...createAArch64(qemusMax), decoder: decode }, qemusMax);
  }

  run(words: Uint32Array, input: State): Outcome {
    this.putCode(words);
    const event = this.rig.run(state => {
      state.pc = CODE;
      putRegisters(state, input);
    });
    const { state } = this.rig;
    const left = state.pc < CODE || state.pc >= CODE + BigInt(words.length * 4) || (state.pc & 3n) !== 0n;
    return {
      ...registersOf(state),
      pc: state.pc,
      stop: left ? 'left' : stopOf(event),
      memory: this.rig.changes(),
    };
  }

  /** The same words again keep what was translated of them. */
  private putCode(words: Uint32Array): void {
    if (words.length === this.words.length && words.every((word, i) => word === this.words[i])) return;
    const at = Number(CODE - SEA);
    this.rig.putCode(at, words.length * 4 + 4, sea => {
      sea.fill(0);
      sea.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), at);
    });
    this.words = words.slice();
  }
}
