/** The product's own tiers as engines: the cold tier alone, and units that are compiled before their first run. */
import { createAArch64 } from '../../../src/guest/aarch64/index.ts';
import { Rig, stopOf } from '../../engines/rig.ts';
import { CODE, type Code, type Engine, inMemory, isInside, MAX_BYTES, type Outcome, placed, SEA, type State } from './engine.ts';
import { model } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { fillSea } from './sea.ts';
import { enterUserMode } from './user-mode.ts';

export class Compiled implements Engine {
  readonly name: string;
  private readonly rig: Rig;
  /** What stands at CODE. */
  private code = new Uint16Array();

  constructor(name: 'cold' | 'jit') {
    this.name = name;
    this.rig = new Rig(name, createAArch64(model), model);
  }

  run(code: Code, input: State): Outcome {
    const places = placed(code, input);
    this.putCode(inMemory(places));
    const event = this.rig.run(state => {
      enterUserMode(state);
      state.pc = CODE;
      putRegisters(state, input);
    });
    const registers = registersOf(this.rig.state);
    const pc = Number(BigInt.asUintN(32, this.rig.state.pc));
    return { ...registers, pc, stop: isInside(places, { ...registers, pc }) ? stopOf(event) : 'left', memory: this.rig.changes() };
  }

  /** The same code again keeps what was translated of it. */
  private putCode(code: Uint16Array<ArrayBuffer>): void {
    if (code.length === this.code.length && code.every((half, i) => half === this.code[i])) return;
    this.rig.putCode(Number(CODE - SEA), MAX_BYTES, sea => { fillSea(sea, code); });
    this.code = code;
  }
}
