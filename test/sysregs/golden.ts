/**
 * Recorded findings: a line for each encoding that is there with QEMU or with us. Where the two agree it is one line, else
 * QEMU's behind `<` and ours behind `>`; `undefined` is UNDEFINED at every exception level.
 */
import { readFileSync } from 'node:fs';
import { encodingName } from '../../src/guest/aarch64/sysreg/register.ts';
import type { CpuModelName } from '../../src/machine/index.ts';

export const goldenFile = (cpu: string): URL => new URL(`../golden/sysregs/${cpu}.txt`, import.meta.url);

/** The identification of `max` grows with every feature: models.test.ts looks at its values. */
const growing = /^S3_0_C0_C[4-7]_\d /;

const line = (cpu: CpuModelName, key: number, found: ReadonlyMap<number, string>): string => {
  const text = found.get(key) ?? `${encodingName(key)} undefined`;
  return cpu === 'max' && growing.test(text) ? text.split(' ').slice(0, 6).join(' ') : text;
};

export function merged(cpu: CpuModelName, ours: ReadonlyMap<number, string>, qemus: ReadonlyMap<number, string>): string[] {
  const keys = [...new Set([...qemus.keys(), ...ours.keys()])].toSorted((a, b) => a - b);
  return keys.flatMap(key => {
    const [q, o] = [line(cpu, key, qemus), line(cpu, key, ours)];
    return q === o ? [o] : [`< ${q}`, `> ${o}`];
  });
}

/** What was recorded of ours, by the name of the encoding, and which of that QEMU says otherwise. */
export function recorded(cpu: CpuModelName): { readonly ours: ReadonlyMap<string, string>; readonly differing: readonly string[] } {
  const ours = new Map<string, string>();
  const differing: string[] = [];
  for (const text of readFileSync(goldenFile(cpu), 'utf8').trimEnd().split('\n')) {
    const [first, second] = text.split(' ') as [string, string];
    if (first === '<') differing.push(second);
    else if (first === '>') ours.set(second, text.slice(2));
    else ours.set(first, text);
  }
  return { ours, differing };
}

/** Ours as it is recorded. */
export const asRecorded = (cpu: CpuModelName, found: ReadonlyMap<number, string>, key: number): string => line(cpu, key, found);
