/** From a case on which two executions differ to the smallest one that still does. */
import { differences, type Engine, Incomparable, type Outcome, type State } from '../../test/engines/engine.ts';
import { type Case, runCases } from './qemu.ts';

export interface Difference extends Case {
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** What `engine` and QEMU make of the case, where that isn't the same. */
export function compare(engine: Engine, cases: readonly Case[], cpu: string): Difference[] {
  const theirs = runCases(cases, cpu);
  return cases.flatMap((c, i) => {
    const [ours, expected] = [outcomeOf(engine, c), theirs[i]];
    return ours && expected && differences(ours, expected).length > 0 ? [{ ...c, ours, theirs: expected }] : [];
  });
}

function outcomeOf(engine: Engine, { words, state }: Case): Outcome | undefined {
  try {
    return engine.run(words, state);
  } catch (e) {
    if (e instanceof Incomparable) return undefined;
    throw e;
  }
}

/** One instruction if one alone shows it, else the shortest beginning of the block; then as many zeros as possible in the state. */
export function shrink(engine: Engine, found: Difference, cpu: string): Difference {
  return zeroState(engine, fewestWords(engine, found, cpu), cpu);
}

function fewestWords(engine: Engine, found: Difference, cpu: string): Difference {
  const beginnings = Array.from(found.words, (_, i) => ({ words: found.words.slice(0, i + 1), state: found.state }));
  const shortest = compare(engine, beginnings, cpu)[0] ?? found;
  const before = outcomeOf(engine, { words: shortest.words.slice(0, -1), state: shortest.state });
  const alone = before ? compare(engine, [{ words: shortest.words.slice(-1), state: before }], cpu)[0] : undefined;
  return alone ?? shortest;
}

function zeroState(engine: Engine, found: Difference, cpu: string): Difference {
  let smallest = found;
  for (let r = -3; r < 64; r++) {
    const state = withZero(smallest.state, r);
    smallest = compare(engine, [{ words: smallest.words, state }], cpu)[0] ?? smallest;
  }
  return smallest;
}

/** Register 0..30 of X, 31 SP, 32..63 of V, -3 FPCR, -2 FPSR, -1 NZCV. */
function withZero(state: State, r: number): State {
  if (r === -3) return { ...state, fpcr: 0 };
  if (r === -2) return { ...state, fpsr: 0 };
  if (r === -1) return { ...state, nzcv: 0 };
  if (r === 31) return { ...state, sp: 0n };
  return r < 31 ? { ...state, x: state.x.with(r, 0n) } : { ...state, v: state.v.with(r - 32, 0n) };
}
