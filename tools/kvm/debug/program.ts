/** Random programs that end: loops, calls, skips, system calls, and accesses of which each says where it goes. */
import type { Random } from '../../../src/base/random.ts';
import { Assembler, NE } from '../../../test/vcpu/assembler.ts';

export const CODE = 0x4000_0000;
const FUNCTIONS = CODE + 0x1000;
export const VECTORS = CODE + 0x2000;
export const DATA = CODE + 0x8000;
export const DATA_BYTES = 0x1000;

/** Of an instruction: from its base register, how many bytes, and whether it reads or writes. */
export interface Access { readonly base: number; readonly offset: number; readonly bytes: number; readonly LSC: 1 | 2 | 3 }

export interface Program {
  readonly parts: readonly Assembler[];
  /** By address. */
  readonly accesses: ReadonlyMap<number, Access>;
}

/** X20 is the data's address, X0 to X14 hold anything; loops count in X21 to X23, those of functions in X24, the handler in X16. */
const BASE = 20;
const COUNTER = 21;
const DEPTH = 3;
const MOST = 6;

export class Generator {
  private readonly random: Random;
  private readonly accesses = new Map<number, Access>();
  private labels = 0;
  private functions = 0;

  constructor(random: Random) {
    this.random = random;
  }

  generate(): Program {
    const functions = new Assembler(FUNCTIONS);
    this.functions = 1 + this.random.below(4);
    for (let n = 0; n < this.functions; n++) {
      this.block(functions.label(`function ${n}`), DEPTH, 1 + this.random.below(5));
      functions.ret();
    }
    const main = new Assembler(CODE);
    for (let n = 0; n < this.functions; n++) main.place(`function ${n}`, functions.at(`function ${n}`));
    this.block(main, 0, 8 + this.random.below(20));
    main.mov(0, 0x8600_0000).hvc();
    const vectors = new Assembler(VECTORS + 0x200);
    vectors.add(16, 16, 1).mrsNamed('ESR_EL1', 17).addReg(16, 16, 17).eret();
    return { parts: [main, functions, vectors], accesses: this.accesses };
  }

  private register(): number { return this.random.below(15); }
  private newLabel(): string { return `label ${this.labels++}`; }

  private block(a: Assembler, depth: number, items: number): void {
    for (let n = 0; n < items; n++) this.item(a, depth);
  }

  private item(a: Assembler, depth: number): void {
    const kind = this.random.below(12);
    if (kind < 5) this.arithmetic(a);
    else if (kind < 8) this.access(a);
    else if (kind === 8) this.skip(a, depth);
    else if (kind === 9 && depth < (a.base === CODE ? DEPTH : DEPTH + 1)) this.loop(a, depth);
    else if (kind === 10 && a.base === CODE) a.bl(`function ${this.random.below(this.functions)}`);
    else if (kind === 11 && this.random.below(3) === 0) a.svc(this.random.below(100));
    else this.arithmetic(a);
  }

  private arithmetic(a: Assembler): void {
    const [d, n, m] = [this.register(), this.register(), this.register()];
    switch (this.random.below(6)) {
      case 0: a.add(d, n, this.random.below(4096)); break;
      case 1: a.addReg(d, n, m); break;
      case 2: a.eor(d, n, m, this.random.below(64)); break;
      case 3: a.madd(d, n, m, this.register()); break;
      case 4: a.addsReg(d, n, m); break;
      default: a.adc(d, n, m);
    }
  }

  private access(a: Assembler): void {
    const { random } = this;
    const at = a.here;
    const size = random.below(4);
    const offset = random.below(256) << size;
    const note = (bytes: number, LSC: Access['LSC'], from = offset): void => { this.accesses.set(at, { base: BASE, offset: from, bytes, LSC }); };
    const [t, t2] = [this.register(), this.register()];
    const pair = random.below(32) * 8;
    switch (random.below(7)) {
      case 0: case 1: a.ldr(t, BASE, offset, size); note(1 << size, 1); break;
      case 2: case 3: a.str(t, BASE, offset, size); note(1 << size, 2); break;
      case 4:
        a.ldp(t, (t + 1) % 15, BASE, pair);
        note(16, 1, pair);
        break;
      case 5: a.stp(t, t2, BASE, pair); note(16, 2, pair); break;
      default: a.ldadd(t, t2, BASE); note(8, 3, 0);
    }
  }

  private skip(a: Assembler, depth: number): void {
    const over = this.newLabel();
    if (this.random.below(2)) a.cbz(this.register(), over); else a.cbnz(this.register(), over);
    this.block(a, depth, 1 + this.random.below(4));
    a.label(over);
  }

  private loop(a: Assembler, depth: number): void {
    const again = this.newLabel();
    const counter = COUNTER + depth;
    a.mov(counter, 1 + this.random.below(MOST)).label(again);
    this.block(a, depth + 1, 1 + this.random.below(5));
    a.subs(counter, counter, 1).bCond(NE, again);
  }
}
