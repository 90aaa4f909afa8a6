/** Cases in which QEMU's user mode rightly does something else than we do. Every entry says why. */
import type { Outcome, VariantName } from '../../../test/powerpc/engines/engine.ts';
import type { Case } from './qemu.ts';

interface Skip {
  readonly reason: string;
  /** Of the word at which one of them stopped, or the last one. */
  readonly applies: (name: string, ours: Outcome, theirs: Outcome, c: Case, variant: VariantName) => boolean;
}

export const skips: readonly Skip[] = [
];

export const skipped = (name: string, c: Case, variant: VariantName, ours: Outcome, theirs: Outcome): boolean =>
  skips.some(s => s.applies(name, ours, theirs, c, variant));
