import { expect, test } from 'vitest';
import { planBoot, type BootPlan, type BootRequest } from '../../src/boot/arm64-linux.ts';
import { parseFdt } from '../../src/boot/fdt.ts';
import type { Kernel } from '../../src/boot/image.ts';
import type { FdtNode } from '../../src/base/devicetree.ts';

const MiB = 2 ** 20,
  GiB = 2 ** 30,
  RAM = 0x4000_0000;
const linux = (textOffset = 0, size = 32 * MiB): Kernel => ({ kind: 'linux', data: new Uint8Array(16), textOffset, size });
const tree = { '#address-cells': 2, '#size-cells': 2, chosen: { 'stdout-path': '/uart' } };
const plan = (request: Partial<BootRequest>, ramSize = GiB): BootPlan =>
  planBoot({ ram: { base: RAM, size: ramSize }, tree, kernelName: 'k', ...request });
const initrd = (size: number): { name: string; data: Uint8Array } => ({ name: 'rd', data: new Uint8Array(size) });
const places = ({ blobs }: BootPlan): number[] => blobs.map(b => b.address);
const chosen = (p: BootPlan): FdtNode => parseFdt(p.dtb).chosen as FdtNode;

test('C1.4: kernel above the first 2 MiB, RAM disk at 128 MiB, device tree behind it', () => {
  const p = plan({ kernel: linux(), initrd: initrd(3 * MiB + 1), append: 'quiet' });
  expect(places(p)).toEqual([RAM + 2 * MiB, RAM + 132 * MiB, RAM + 128 * MiB]);
  expect([p.pc, p.x0]).toEqual([RAM + 2 * MiB, RAM + 132 * MiB]);
  expect(chosen(p)['linux,initrd-start']).toEqual(Uint8Array.of(0, 0, 0, 0, 0x48, 0, 0, 0));
  expect(chosen(p)['linux,initrd-end']).toEqual(Uint8Array.of(0, 0, 0, 0, 0x48, 0x30, 0, 1));
  expect(new TextDecoder().decode(chosen(p).bootargs as Uint8Array)).toBe('quiet\0');
  expect(Object.keys(chosen(p))).toContain('stdout-path');
});

test('C1.4: a kernel with a text offset goes there; half of small RAM; no RAM disk, no properties', () => {
  const p = plan({ kernel: linux(0x80000, 8 * MiB) }, 64 * MiB);
  expect(places(p)).toEqual([RAM + 0x80000, RAM + 32 * MiB]);
  expect(Object.keys(chosen(p))).toEqual(['stdout-path']);
});

test('C1.4: a kernel larger than 128 MiB pushes the RAM disk up', () => {
  const p = plan({ kernel: linux(0, 150 * MiB), initrd: initrd(4096) });
  expect(places(p)).toEqual([RAM + 2 * MiB, RAM + 154 * MiB, RAM + 152 * MiB]);
});

test('C1.4: memory above 4 GiB is described in two cells', () => {
  const p = plan({ kernel: linux() }, 3 * GiB);
  const memory = parseFdt(p.dtb)['memory@40000000'] as FdtNode;
  expect(memory.reg).toEqual(Uint8Array.of(0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0));
});

test('C1.4: a tree of the user keeps its nodes but not its memory', () => {
  const p = plan({
    kernel: linux(),
    tree: { '#address-cells': 1, '#size-cells': 1, 'memory@80000000': { reg: [1, 2] }, memory: {}, other: {} },
  });
  const parsed = parseFdt(p.dtb);
  expect(Object.keys(parsed)).toEqual(['#address-cells', '#size-cells', 'other', 'memory@40000000', 'chosen']);
  expect((parsed['memory@40000000'] as FdtNode).reg).toEqual(Uint8Array.of(0x40, 0, 0, 0, 0x40, 0, 0, 0));
});

test('C1.4 bare metal: the device tree lies at the start of RAM, unless the program is there', () => {
  const elf = (address: number): Kernel => ({ kind: 'elf', segments: [{ address, data: new Uint8Array(4), size: 4 }], entry: address + 4 });
  const p = plan({ kernel: elf(RAM + MiB) });
  expect([places(p), p.pc, p.x0]).toEqual([[RAM + MiB, RAM], RAM + MiB + 4, 0]);
  expect(places(plan({ kernel: elf(RAM) }))).toEqual([RAM]);
  expect(() => plan({ kernel: elf(0x1000) })).toThrow('k wants memory at 0x1000..0x1004, but RAM is at 0x40000000..0x80000000');
  expect(plan({ firmware: 0 })).toMatchObject({ pc: 0, x0: 0 });
});

test.each([
  [{ kernel: linux(0, 63 * MiB) }, 'k needs 65 MiB, but the machine has 64 MiB of RAM'],
  [
    { kernel: linux(), initrd: initrd(40 * MiB) },
    "rd (40 MiB) doesn't fit into 64 MiB of RAM beside the kernel; give the machine more with -m",
  ],
  [{ kernel: linux(0, 62 * MiB) }, 'there is no room for the device tree in 64 MiB of RAM; give the machine more with -m'],
])('bad input: what does not fit is said in one line (%#)', (request, message) => {
  expect(() => plan(request, 64 * MiB)).toThrow(message);
});
