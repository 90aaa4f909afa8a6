/**
 * A32's words whose first four bits are 1111 are instructions of their own, which have no condition (ARM DDI 0487, F4.1): each
 * overrides all those with a condition that have the other bits in common with it.
 */
import type { Insn } from '../../../isa/insn.ts';

const COND = 0xf000_0000;

const isUnconditional = (i: Insn): boolean => (i.value & i.mask) >>> 28 === 15;
const isConditional = (i: Insn): boolean => i.mask >>> 28 === 0;
const haveCommonWords = (a: Insn, b: Insn): boolean => ((a.value ^ b.value) & a.mask & b.mask & ~COND) === 0;

export function unconditionalFirst(groups: Readonly<Record<string, readonly Insn[]>>): Readonly<Record<string, readonly Insn[]>> {
  const conditional = Object.values(groups).flat().filter(isConditional);
  const overriding = (i: Insn): Insn =>
    (isUnconditional(i) ? { ...i, overrides: [...i.overrides, ...conditional.filter(other => haveCommonWords(i, other)).map(other => other.name)] } : i);
  return Object.fromEntries(Object.entries(groups).map(([name, list]) => [name, list.map(overriding)]));
}
