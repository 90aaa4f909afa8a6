/** Whether all that is different on a block is known, instruction by instruction. */
import type { Difference } from './compare.ts';
import type { Shrinker } from './shrink.ts';
import type { Target } from './target.ts';

/** The reasons of all instructions that make the difference, or an instruction that has none, or several where none shows it alone. */
export function explain(target: Target, shrinker: Shrinker, found: Difference): { readonly reasons: ReadonlySet<string>; readonly unknown?: Difference } {
  const reasons = new Set<string>();
  for (let left: Difference | undefined = found; left;) {
    const instruction = shrinker.instruction(left);
    const reason = instruction && reasonOf(target, instruction);
    if (reason === undefined) return { reasons, unknown: shrinker.shortest(left) };
    reasons.add(reason);
    left = shrinker.without(left, instruction!.piece.first);
  }
  return { reasons };
}

function reasonOf(target: Target, { code, piece, ours, theirs }: Difference): string | undefined {
  const word = code[piece.first]!;
  const insn = target.decoder.decode(word);
  return insn && target.instructionDeviation(insn, word, piece.state, ours, theirs);
}
