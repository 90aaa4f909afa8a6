/** What lockstep prints. */
import type { Difference, Finding } from './runner.ts';

const hex = (value: bigint): string => `0x${value.toString(16).padStart(16, '0')}`;

/** Ours, QEMU's, and the bits that differ. */
export function differenceTable(differences: readonly Difference[]): string[] {
  return differences.map(({ name, ours, qemu }) => `  * ${name.padEnd(18)} ours ${hex(ours)}  QEMU ${hex(qemu)}  bits ${hex(ours ^ qemu)}`);
}

export function findingText({ step, last, differences }: Finding): string[] {
  return [
    `step ${step}: ours and QEMU's differ`,
    ...last.map(({ pc, text }, i) => `${i === last.length - 1 ? '>' : ' '} ${hex(pc)}  ${text}`),
    ...differenceTable(differences),
  ];
}
