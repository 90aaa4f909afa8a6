/**
 * Every encoding of system registers and system instructions, at EL1 and EL0: values, masks, and the exact syndrome of what
 * traps, as they were recorded together with QEMU's (tools/oracle/sysregs.ts). Those that exist are all tried; of the others,
 * which must be UNDEFINED, one in seventeen.
 */
import { describe as group, expect, test } from 'vitest';
import { encodingName } from '../../src/guest/aarch64/sysreg/register.ts';
import type { CpuModelName } from '../../src/machine/index.ts';
import { differences, reasonFor } from './differences.ts';
import { asRecorded, recorded } from './golden.ts';
import { ours } from './ours.ts';
import { allKeys, describe } from './probe.ts';

const models: readonly CpuModelName[] = ['cortex-a57', 'cortex-a76', 'neoverse-n1', 'max'];

group.each(models)('%s', cpu => {
  const golden = recorded(cpu);

  test('every encoding does what was recorded, and what is not recorded is UNDEFINED', async () => {
    const keys = allKeys.filter((key, n) => golden.ours.has(encodingName(key)) || n % 17 === 0);
    const found = describe(await ours(cpu, {}, keys));
    for (const key of keys) {
      const name = encodingName(key);
      expect(asRecorded(cpu, found, key)).toBe(golden.ours.get(name) ?? `${name} undefined`);
    }
  });

  test('where QEMU says otherwise there is a reason', () => {
    expect(golden.differing.filter(name => reasonFor(name) === undefined)).toEqual([]);
  });
});

test('every reason is about something that differs', () => {
  const differing = models.flatMap(cpu => recorded(cpu).differing);
  expect(differences.filter(d => !differing.some(name => d.encoding.test(name))).map(d => d.reason)).toEqual([]);
});
