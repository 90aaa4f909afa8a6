/**
 * What instructions do that is counted where counts are kept (`tally` of the engine's state), noted while they are recorded:
 * so no guest says it of its instructions a second time.
 */
import { TALLY, TALLIES } from '../isa/arch.ts';
import { ACCESS_ATOMIC, ACCESS_CAS, ACCESS_WRITE } from './ops.ts';

export class Tally {
  /** Instruction * TALLIES + what of, in order of the instructions. */
  private marks: number[] = [];
  /** By what of: the last instruction that was noted. */
  private readonly last = new Int32Array(TALLIES);

  clear(): this {
    this.marks = [];
    this.last.fill(-1);
    return this;
  }

  private add(index: number, what: number): void { this.marks.push(index * TALLIES + what); }

  private once(index: number, what: number): void {
    if (this.last[what] === index) return;
    this.last[what] = index;
    this.add(index, what);
  }

  /** An access of instruction `index` of the unit, with these flags of its descriptor. */
  access(index: number, flags: number): void {
    const write = (flags & ACCESS_WRITE) !== 0;
    const read = !write || (flags & (ACCESS_ATOMIC | ACCESS_CAS)) !== 0;
    if (read) { this.once(index, TALLY.loads); this.add(index, TALLY.accesses); }
    if (write) { this.once(index, TALLY.stores); this.add(index, TALLY.accesses); }
  }

  branch(index: number): void { this.once(index, TALLY.branches); }
  jump(index: number, returns: boolean): void {
    this.once(index, TALLY.jumps);
    if (returns) this.once(index, TALLY.returns);
  }

  /** What the first `executed` instructions did, by TALLY. */
  upTo(executed: number): number[] {
    const counts = new Array<number>(TALLIES).fill(0);
    counts[TALLY.instructions] = executed;
    for (const mark of this.marks) {
      if (mark >= executed * TALLIES) break;
      counts[mark % TALLIES]!++;
    }
    return counts;
  }
}
