/**
 * Where kernel, initial RAM disk and device tree go in an arm64 machine's RAM, and how its first CPU starts (Linux,
 * Documentation/arch/arm64/booting.rst; places as QEMU's `virt` has them).
 */
import { cells64, isFdtNode, type FdtNode } from '../base/devicetree.ts';
import { TesseraError } from '../base/errors.ts';
import { buildFdt, encodeValue, mergeFdt } from './fdt.ts';
import type { Kernel, NamedFile } from './image.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;
const hex = (n: number): string => `0x${n.toString(16)}`;
const mib = (n: number): string => `${Math.ceil(n / MiB)} MiB`;

interface Ram {
  readonly base: number;
  readonly size: number;
}

/** Bytes that go to a physical address; the rest up to `size` is zero. */
interface Blob {
  readonly address: number;
  readonly data: Uint8Array;
  readonly size: number;
}

export interface BootPlan {
  readonly blobs: readonly Blob[];
  /** The blob that went to the guest, for `dumpdtb`. */
  readonly dtb: Uint8Array;
  readonly pc: number;
  /** X0; all other general registers are 0. */
  readonly x0: number;
}

export interface BootRequest {
  readonly ram: Ram;
  readonly kernel?: Kernel;
  readonly kernelName?: string;
  readonly initrd?: NamedFile;
  readonly append?: string;
  /** The machine's tree without what belongs to this boot: memory, command line, RAM disk. */
  readonly tree: FdtNode;
  /** Where the CPU starts when there is no kernel: the firmware's address. */
  readonly firmware?: number;
}

/** Throws TesseraError where something doesn't fit. */
export function planBoot(request: BootRequest): BootPlan {
  const { kernel } = request;
  if (kernel?.kind === 'linux') return planLinux(request, kernel);
  return planBare(request, kernel);
}

function planLinux(request: BootRequest, kernel: Kernel & { kind: 'linux' }): BootPlan {
  const { ram, initrd } = request;
  const ramEnd = ram.base + ram.size;
  const name = request.kernelName ?? 'the kernel';
  // The first 4 KiB are where a boot loader would stand; a kernel that is linked there goes up to the next 2 MiB.
  const kernelAt = ram.base + kernel.textOffset + (kernel.textOffset < 4 * KiB ? 2 * MiB : 0);
  const kernelEnd = kernelAt + kernel.size;
  if (kernelEnd > ramEnd) throw new TesseraError(`${name} needs ${mib(kernelEnd - ram.base)}, but the machine has ${mib(ram.size)} of RAM`);

  const initrdAt = alignUp(Math.max(ram.base + Math.min(ram.size / 2, 128 * MiB), kernelEnd), 4 * KiB);
  const initrdEnd = initrdAt + (initrd?.data.length ?? 0);
  if (initrd && initrdEnd > ramEnd) {
    throw new TesseraError(
      `${initrd.name} (${mib(initrd.data.length)}) doesn't fit into ${mib(ram.size)} of RAM beside the kernel; give the machine more with -m`,
    );
  }
  const dtb = buildFdt(bootTree(request, initrd && { start: initrdAt, end: initrdEnd }));
  const dtbAt = alignUp(initrdEnd, 2 * MiB);
  if (dtbAt + dtb.length > ramEnd)
    throw new TesseraError(`there is no room for the device tree in ${mib(ram.size)} of RAM; give the machine more with -m`);

  const blobs: Blob[] = [
    { address: kernelAt, data: kernel.data, size: kernel.size },
    { address: dtbAt, data: dtb, size: dtb.length },
  ];
  if (initrd) blobs.push({ address: initrdAt, data: initrd.data, size: initrd.data.length });
  return { blobs, dtb, pc: kernelAt, x0: dtbAt };
}

/** ELF programs, firmware, or nothing: the device tree lies at the start of RAM, unless the program wants to be there. */
function planBare(request: BootRequest, kernel: Kernel | undefined): BootPlan {
  const { ram, kernelName = 'the program' } = request;
  const dtb = buildFdt(bootTree(request, undefined));
  const blobs: Blob[] = kernel?.kind === 'elf' ? [...kernel.segments] : [];
  for (const { address, size } of blobs) {
    if (address < ram.base || address + size > ram.base + ram.size) {
      throw new TesseraError(
        `${kernelName} wants memory at ${hex(address)}..${hex(address + size)}, but RAM is at ${hex(ram.base)}..${hex(ram.base + ram.size)}`,
      );
    }
  }
  const clash = blobs.some(b => b.address < ram.base + dtb.length);
  if (!clash) blobs.push({ address: ram.base, data: dtb, size: dtb.length });
  const pc = request.firmware ?? (kernel?.kind === 'elf' ? kernel.entry : 0);
  return { blobs, dtb, pc, x0: 0 };
}

function bootTree({ tree, ram, append }: BootRequest, initrd: { start: number; end: number } | undefined): FdtNode {
  // A tree given by the user may describe other RAM.
  const rest = Object.fromEntries(Object.entries(tree).filter(([name]) => !/^memory(@|$)/.test(name)));
  return mergeFdt(rest, {
    [`memory@${ram.base.toString(16)}`]: {
      device_type: 'memory',
      reg: [...cellsOf(tree, '#address-cells', ram.base), ...cellsOf(tree, '#size-cells', ram.size)],
    },
    chosen: {
      ...(append !== undefined && { bootargs: append }),
      ...(initrd && { 'linux,initrd-start': BigInt(initrd.start), 'linux,initrd-end': BigInt(initrd.end) }),
    },
  });
}

/** An address or size in as many cells as the root node says. */
function cellsOf(tree: FdtNode, property: '#address-cells' | '#size-cells', value: number): number[] {
  const given = tree[property];
  const bytes = given === undefined || isFdtNode(given) ? undefined : encodeValue(given);
  if (bytes?.at(-1) !== 1) return cells64(value);
  if (value >= 2 ** 32) throw new TesseraError(`the device tree has one cell for ${property}, which can't hold ${hex(value)}`);
  return [value];
}
