/** The product's own tiers as engines: the cold tier alone, and units that are compiled before their first run. */
import { createAArch64 } from '../../../src/guest/aarch64/index.ts';
import { Rig, stopOf } from '../../engines/rig.ts';
import { CODE, CPSR, type Engine, inMemory, isT32, MAX_BYTES, type Outcome, SEA, type State } from './engine.ts';
import { model } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { fillSea } from './sea.ts';

export class Compiled implements Engine {
  readonly name: string;
  private readonly rig: Rig;
  /** What stands at CODE. */
  private code: Uint8Array = new Uint8Array();
  private thumb = false;

  constructor(name: 'cold' | 'jit') {
    this.name = name;
    this.rig = new Rig(name, createAArch64(model), model);
  }

  run(words: Uint32Array, input: State): Outcome {
    const thumb = isT32(input);
    const code = inMemory(words, thumb);
    this.putCode(code, thumb);
    const event = this.rig.run(state => {
      state.pc = CODE;
      putRegisters(state, input);
    });
    const registers = registersOf(this.rig.state);
    const pc = Number(BigInt.asUintN(32, this.rig.state.pc));
    const inside = pc >= Number(CODE) && pc < Number(CODE) + code.length && ((registers.cpsr ^ input.cpsr) & CPSR.T) === 0;
    return { ...registers, pc, stop: inside ? stopOf(event) : 'left', memory: this.rig.changes() };
  }

  /** The same code again keeps what was translated of it. */
  private putCode(code: Uint8Array, thumb: boolean): void {
    if (thumb === this.thumb && Buffer.compare(code, this.code) === 0) return;
    this.rig.putCode(Number(CODE - SEA), MAX_BYTES, sea => { fillSea(sea, code, thumb); });
    [this.code, this.thumb] = [code, thumb];
  }
}
