/**
 * Names address spaces for the engine: the same number for the same TTBR0, TTBR1 and controls. A number is never used
 * for another space, so a forgotten space just comes back under a new one.
 */
import type { CpuEnv } from '../../isa/arch.ts';
import { fields } from './state.ts';

/** Spaces that are remembered: processes that run in turn, each with and without its user half mapped. */
const REMEMBERED = 32;

interface Space {
  readonly words: readonly [number, number, number, number];
  readonly regime: number;
  readonly key: bigint;
}

export class AddressSpaces {
  private readonly words: Uint32Array;
  private readonly at: readonly [number, number];
  private readonly TCR: number;
  private recent: Space[] = [];
  private regime = 0;
  private next = 1n;
  private upper: { readonly low: number; readonly high: number; readonly regime: number; readonly key: bigint; global: boolean } | undefined;

  constructor(env: CpuEnv) {
    this.words = env.arena.u32;
    this.at = [(env.base + fields.TTBR0_EL1.offset) >>> 2, (env.base + fields.TTBR1_EL1.offset) >>> 2];
    this.TCR = (env.base + fields.TCR_EL1.offset) >>> 2;
  }

  /** Something but a TTBR changed that translations depend on. */
  controlsChanged(): void {
    this.regime++;
  }

  /** Names the spaces with this ASID (of 8 bits unless TCR_EL1.AS is set) anew, so that nothing cached under their old names is found. */
  forgetASID(asid: number): void {
    const A1 = ((this.words[this.TCR] as number) >>> 22) & 1;
    const AS = ((this.words[this.TCR + 1] as number) >>> 4) & 1;
    const mask = AS ? 0xffff : 0xff;
    this.recent = this.recent.filter(s => s.regime === this.regime && (((s.words[A1 ? 3 : 1] >>> 16) ^ asid) & mask) !== 0);
  }

  key(): bigint {
    const { words, recent, regime } = this;
    const [t0, t1] = this.at;
    const a = words[t0] as number;
    const b = words[t0 + 1] as number;
    const c = words[t1] as number;
    const d = words[t1 + 1] as number;
    for (let n = 0; n < recent.length; n++) {
      const s = recent[n] as Space;
      const w = s.words;
      if (w[0] !== a || w[1] !== b || w[2] !== c || w[3] !== d || s.regime !== regime) continue;
      if (n > 0) {
        recent.splice(n, 1);
        recent.unshift(s);
      }
      return s.key;
    }
    const space: Space = { words: [a, b, c, d], regime, key: this.next++ };
    recent.unshift(space);
    if (recent.length > REMEMBERED) recent.pop();
    return space.key;
  }

  /**
   * Names what TTBR1_EL1 translates, whatever the ASID is: undefined once something of it was seen not to be global,
   * because that is the ASID's.
   */
  upperKey(): bigint | undefined {
    const low = this.words[this.at[1]] as number;
    const high = (this.words[this.at[1] + 1] as number) & 0xffff;
    let { upper } = this;
    if (upper === undefined || upper.low !== low || upper.high !== high || upper.regime !== this.regime) {
      upper = this.upper = { low, high, regime: this.regime, key: this.next++, global: true };
    }
    return upper.global ? upper.key : undefined;
  }

  upperNotGlobal(): void {
    if (this.upper) this.upper.global = false;
  }
}
