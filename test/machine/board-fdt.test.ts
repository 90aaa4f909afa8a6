import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseFdt } from '../../src/boot/fdt.ts';
import { planMachine } from '../../src/machine/boot.ts';
import type { MachineOptions } from '../../src/machine/options.ts';
import { virt } from '../../src/machine/virt.ts';
import { flatten, type FlatTree } from './tree.ts';

const sources = { random: (n: number) => new Uint8Array(n).fill(0x5a), gunzip: (d: Uint8Array) => d };
const base: MachineOptions = { board: virt, cpuCompatible: 'arm,cortex-a57', memory: 2 ** 30, smp: 2, gicVersion: 3, pmu: true };
const blob = (options: Partial<MachineOptions> = {}): Uint8Array => planMachine({ ...base, ...options }, sources).dtb;
const ours = (options: Partial<MachineOptions> = {}): FlatTree => flatten(parseFdt(blob(options)));

/** What QEMU has and we have not, so that it must not be in our tree: each with the reason why it is absent. */
const absent: Readonly<Record<string, string>> = {
  '/platform-bus@c000000': 'no device can be put there',
  '/pcie@10000000': 'no PCI yet',
  '/intc@8000000/v2m@8020000': 'no message-signalled interrupts without PCI',
  '/flash@0': 'flash is there with firmware only',
};

test.each([2, 3] as const)("C1.3: the tree for GICv%i is QEMU's, property for property, without what isn't there", gicVersion => {
  const theirs = JSON.parse(readFileSync(new URL(`qemu-virt-gicv${gicVersion}.json`, import.meta.url), 'utf8')) as FlatTree;
  const expected = Object.fromEntries(Object.entries(theirs).filter(([path]) => !(path in absent)));
  expected['/chosen'] = { ...expected['/chosen'], 'rng-seed': '5a'.repeat(32), 'kaslr-seed': '5a'.repeat(8) };
  expect(ours({ gicVersion })).toEqual(expected);
  expect(Object.keys(expected).length).toBeGreaterThan(50);
});

test('C1.3: with firmware there is flash, and the tree says so', () => {
  expect(ours({ bios: { name: 'fw', data: new Uint8Array(4) } })['/flash@0']).toEqual({
    compatible: 'cfi-flash',
    'bank-width': '00000004',
    reg: '00000000000000000000000004000000' + '00000000040000000000000004000000',
  });
});

test('C1.3: its=off: a GICv3 without its translation service', () => {
  const its = '/intc@8000000/its@8080000';
  expect(ours({})[its]).toEqual({
    compatible: 'arm,gic-v3-its', 'msi-controller': '', '#msi-cells': '00000001', reg: '0000000008080000' + '0000000000020000',
  });
  expect(ours({ its: false })[its]).toBeUndefined();
  expect(ours({ gicVersion: 2 })[its]).toBeUndefined();
});

test('C1.3: pmu=off: no performance monitors', () => {
  expect(ours({ pmu: false })['/pmu']).toBeUndefined();
});

test('C1.3: CPUs are numbered as KVM numbers them, 16 to a cluster', () => {
  const tree = ours({ smp: 18 });
  expect(tree['/cpus/cpu@f']).toMatchObject({ reg: '0000000f' });
  expect(tree['/cpus/cpu@101']).toMatchObject({ reg: '00000101' });
  expect(tree['/cpus/cpu-map/socket0/cluster0/core17']).toEqual({ cpu: '/cpus/cpu@101' });
});

test('C1.3: the command line goes into the tree; seeds come from the source of randomness', () => {
  const tree = ours({ kernel: { name: 'k', data: new Uint8Array(8) }, append: 'console=ttyAMA0' });
  expect(tree['/chosen']?.bootargs).toBe('console=ttyAMA0');
});

test.each([2, 3] as const)('C1.3: dtc has nothing to say about the tree for GICv%i', gicVersion => {
  const { stderr, status } = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-o', '/dev/null', '-'], { input: blob({ gicVersion }) });
  expect(status).toBe(0);
  const complaints = stderr
    .toString()
    .split('\n')
    .filter(line => line !== '' && !/simple_bus_reg|avoid_unnecessary_addr_size/.test(line));
  expect(complaints).toEqual([]);
});

test.each([
  [{ memory: 64 * 2 ** 40 }, 'the machine can have at most 3840 MiB of RAM; 64 TiB were asked for'],
  [{ memory: 4 * 2 ** 30 }, 'the machine can have at most 3840 MiB of RAM; 4 GiB were asked for'],
  [{ memory: 5000 }, 'RAM of 5000 bytes is not at least 1 MiB in whole pages of 4 KiB'],
  [{ memory: Number.NaN }, 'RAM of NaN bytes is not at least 1 MiB in whole pages of 4 KiB'],
  [{ smp: 0 }, 'a machine has at least one CPU, not 0'],
  [{ smp: 9, gicVersion: 2 as const }, 'a machine with GICv2 has at most 8 CPUs, not 9'],
  [{ smp: 124 }, 'a machine with GICv3 has at most 123 CPUs, not 124'],
  [{ bios: { name: 'fw', data: new Uint8Array(2 ** 26 + 1) } }, 'fw is larger than the flash, which has 64 MiB'],
  [{ initrd: { name: 'rd', data: new Uint8Array(4) } }, 'rd is a RAM disk without a kernel; give a kernel with -kernel'],
  [
    { dtb: { name: 'x.dtb', data: new Uint8Array(50) } },
    'x.dtb: this is not a usable device tree: it does not start with the magic number of a compiled one (.dtb)',
  ],
])('bad input: machines that cannot be (%#)', (options, message) => {
  expect(() => blob(options)).toThrow(message);
});
