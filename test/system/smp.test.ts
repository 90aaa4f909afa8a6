/** Debian's kernel on several CPUs, in threads and in turn, with either interrupt controller; CPUs that go and come back. */
import { beforeAll, expect, test } from 'vitest';
import { openGuest } from '../../src/cli/guests.ts';
import { boot, BOOT_MS, healthy } from './boots.ts';
import { countedBoot } from './counted.ts';

/** Of the guest `linux`: Debian's own is twenty times as large. */
let initrd = '';

beforeAll(async () => {
  await openGuest('debian');
  ({ initrd } = await openGuest('linux'));
}, 300_000);

const CPUS = '/sys/devices/system/cpu';

const configurations = [
  { cpus: 2, thread: 'multi', gic: 2 },
  { cpus: 2, thread: 'single', gic: 3 },
  { cpus: 4, thread: 'multi', gic: 3 },
  { cpus: 4, thread: 'single', gic: 2 },
] as const;

/** What goes wrong between threads does so now and then. */
const ROUNDS = 5;
const boots = configurations.flatMap(c => Array.from({ length: ROUNDS }, (_, n) => ({ ...c, round: n + 1 })));

test.each(boots)('D14.f: $cpus CPUs, thread=$thread, GICv$gic: each goes off and on again, boot $round', async ({ cpus, thread, gic }) => {
  const others = Array.from({ length: cpus - 1 }, (_, n) => `${CPUS}/cpu${n + 1}/online`).join(' ');
  const switched = (to: 0 | 1): string => `for cpu in ${others}; do echo ${to} > $cpu; done; echo "online=$(cat ${CPUS}/online)"`;
  const out = healthy(await boot(
    [
      '--guest', 'debian', '-initrd', initrd, '-append', 'console=ttyAMA0 quiet', '-m', '256M', '-M', `virt,gic-version=${gic}`,
      '-smp', `${cpus}`, '-accel', `tcg,thread=${thread}`,
    ],
    `${switched(0)}; ${switched(1)}; dmesg | grep -E 'SMP:|psci:'`,
  ));
  expect(out).toContain(`SMP: Total of ${cpus} processors activated.`);
  expect([...out.matchAll(/^online=(\S+)$/gm)].map(([, online]) => online)).toEqual(['0', `0-${cpus - 1}`]);
  expect([...out.matchAll(/^.*psci: CPU(\d) killed/gm)].map(([, cpu]) => Number(cpu)).sort((a, b) => a - b)).toEqual(Array.from({ length: cpus - 1 }, (_, n) => n + 1));
}, BOOT_MS);

test('D2.9: four CPUs in turn that are counted do the same twice', async () => {
  const once = (): ReturnType<typeof countedBoot> => countedBoot({ smp: 4, memory: 256 * 2 ** 20, gicVersion: 3 }, 'TCP: Hash tables');
  const [first, second] = [await once(), await once()];
  expect(first.console).toContain('SMP: Total of 4 processors activated.');
  expect(Math.min(...first.retired.map(Number))).toBeGreaterThan(100_000);
  expect(second).toEqual(first);
}, BOOT_MS);
