/**
 * How many instructions a CPU may run: of what its caller gave it, and until its guest has to look at the tally. What may be run
 * at once is in the state's `budgetLeft`, which generated code counts down.
 */
import type { View } from '../base/layout.ts';
import type { engineState } from '../isa/arch.ts';

/** So many returns to the loop without an instruction are the end of a counted run. */
const BARREN_ROUNDS = 1000;

export class Budget {
  /** The caller gave one. */
  given = false;
  /** The guest has the tally kept. */
  tallied = false;
  /** What it needs of the tally may have changed. */
  stale = true;
  private readonly state: View<typeof engineState>;
  private readonly tallyLimit: () => number;
  /** Of the caller's budget, what isn't in `budgetLeft`. */
  private reserve = 0;
  /** What `budgetLeft` began with. */
  private granted = 0;
  private count = 0n;
  private barren = 0;
  private last = 0;

  constructor(state: View<typeof engineState>, tallyLimit: () => number) {
    this.state = state;
    this.tallyLimit = tallyLimit;
  }

  get counted(): boolean { return this.given || this.tallied; }

  get retired(): bigint { return this.count + BigInt(this.counted ? this.granted - this.state.budgetLeft : 0); }

  set(instructions: number): void {
    this.count = this.retired;
    this.given = instructions > 0;
    this.reserve = instructions;
    this.granted = this.state.budgetLeft = this.barren = 0;
    this.stale = true;
  }

  /** Gives `budgetLeft` what may be run until the caller's budget is used up, or the guest looks; whether `tallied` is another than before. */
  grant(): boolean {
    const { state } = this;
    this.stale = false;
    if (this.counted) {
      this.count += BigInt(this.granted - state.budgetLeft);
      if (this.given) this.reserve += state.budgetLeft;
    }
    const limit = this.tallyLimit();
    this.granted = !this.given ? limit : limit === 0 ? this.reserve : Math.min(limit, this.reserve);
    if (this.given) this.reserve -= this.granted;
    state.budgetLeft = this.granted;
    if (this.tallied === limit > 0) return false;
    this.tallied = limit > 0;
    return true;
  }

  /** A guest whose every instruction faults before it is executed, at its vectors too, would never use its budget up. */
  isBarren(): boolean {
    const { budgetLeft } = this.state;
    this.barren = budgetLeft === this.last ? this.barren + 1 : 0;
    this.last = budgetLeft;
    return this.barren > BARREN_ROUNDS;
  }
}
