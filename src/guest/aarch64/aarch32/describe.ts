/**
 * How AArch32 instructions are described: as A32 words with a condition, as A32 words without one, and as T32 words of one or two
 * halfwords, which have theirs from an IT block (ARM DDI 0487, F1.2 and F1.3). A T32 instruction of one halfword is the upper half
 * of a word whose lower half is zero.
 */
import type { Builder } from '../../../isa/builder.ts';
import { insn, type Description, type Insn, type Staged } from '../../../isa/insn.ts';
import { currentCondition, inITBlock } from './mode.ts';
import { advanceIT, ConditionPassed } from './pseudocode.ts';

const AL = 14;

// biome-ignore-start lint/complexity/noBannedTypes: no derived fields is the empty record

/** A32 with a condition: `pattern` are the 28 bits behind it. */
export function a32<const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  pattern: P,
  description: Description<P, D>,
): Insn {
  const { valid, exec } = description;
  return insn(`A32 ${name}`, `cond!4 ${pattern}`, {
    ...(description as unknown as Description<string, D>),
    valid: f => (f as unknown as { readonly cond: number }).cond !== 15 && (valid === undefined || valid(f as never)),
    exec(b, f) {
      const { cond } = f as unknown as { readonly cond: number };
      if (cond >= AL) exec(b, f as never);
      else b.under(ConditionPassed(b, cond), () => { exec(b, f as never); });
    },
  } as Description<string, D>);
}

/** A32 without a condition: `pattern` are the 28 bits behind 1111. */
export const a32Always = <const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  pattern: P,
  description: Description<P, D>,
): Insn => insn(`A32 ${name}`, `1111 ${pattern}`, description as unknown as Description<string, D>);

/** T32 of one halfword. */
export const t16 = <const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  pattern: P,
  description: Description<P, D>,
): Insn => thumb(`T16 ${name}`, `${pattern} 0000000000000000`, description);

/** T32 of two halfwords, the first in the upper half. */
export const t32 = <const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  pattern: P,
  description: Description<P, D>,
): Insn => thumb(`T32 ${name}`, pattern, description);

// biome-ignore-end lint/complexity/noBannedTypes: as above

function thumb<P extends string, D extends Record<string, number | bigint>>(name: string, pattern: string, description: Description<P, D>): Insn {
  const { exec } = description as { exec: (b: Builder, f: Staged<P, D>) => void };
  return insn(name, pattern, {
    ...(description as unknown as Description<string, D>),
    exec(b: Builder, f: unknown) {
      if (!inITBlock(b)) return exec(b, f as Staged<P, D>);
      const cond = currentCondition(b);
      if (cond >= AL) exec(b, f as Staged<P, D>);
      else b.under(ConditionPassed(b, cond), () => { exec(b, f as Staged<P, D>); });
      advanceIT(b);
    },
  } as unknown as Description<string, D>);
}
