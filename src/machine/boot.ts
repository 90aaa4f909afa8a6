/** From a machine's options to what has to be in its memory when it starts. */
import { TesseraError } from '../base/errors.ts';
import type { FdtNode } from '../base/devicetree.ts';
import { planBoot, type BootPlan } from '../boot/arm64-linux.ts';
import { parseFdt } from '../boot/fdt.ts';
import { parseKernel, type Gunzip, type Kernel } from '../boot/image.ts';
import { FW_CFG, fwCfgItems, littleEndian, type FwCfgItems } from '../device/fw-cfg.ts';
import { boardFdt } from './board-fdt.ts';
import { checkOptions, itsOf, type MachineOptions } from './options.ts';

export interface BootSources {
  /** Random bytes for the guest's seeds. */
  random(bytes: number): Uint8Array;
  readonly gunzip: Gunzip;
}

/** Affinity fields of CPU n's MPIDR_EL1, as KVM numbers them: 16 to a cluster. */
const affinity = (n: number): number => (n & 15) | ((n >> 4) << 8);

/** Where everything goes; `dtb` of it is what `dumpdtb` prints. Throws TesseraError for what can't be started. */
export function planMachine(options: MachineOptions, sources: BootSources): BootPlan {
  checkOptions(options);
  const { board, initrd, append, bios } = options;
  const [flash] = board.map.flash ?? [];
  if (initrd && !options.kernel) throw new TesseraError(`${initrd.name} is a RAM disk without a kernel; give a kernel with -kernel`);
  // Firmware gets the kernel through fw_cfg, and looks at it itself.
  const kernel = bios ? undefined : parsedKernel(options, sources.gunzip);
  return planBoot({
    ram: { base: board.map.ram.base, size: options.memory },
    tree: options.dtb ? userTree(options.dtb) : ownTree(options, sources),
    ...(kernel && { kernel }),
    ...(options.kernel && { kernelName: options.kernel.name }),
    ...(initrd && !bios && { initrd }),
    ...(append !== undefined && { append }),
    ...(bios && flash && { firmware: flash.base }),
  });
}

function parsedKernel({ kernel, memory }: MachineOptions, gunzip: Gunzip): Kernel | undefined {
  return kernel && parseKernel(kernel, memory, gunzip);
}

function userTree({ name, data }: { name: string; data: Uint8Array }): FdtNode {
  try {
    return parseFdt(data);
  } catch (error) {
    throw error instanceof TesseraError ? new TesseraError(`${name}: ${error.message}`) : error;
  }
}

function ownTree(options: MachineOptions, { random }: BootSources): FdtNode {
  const { board, gicVersion, cpuCompatible, smp, topology, bios } = options;
  return boardFdt({
    board,
    gicVersion,
    its: itsOf(options),
    cpu: cpuCompatible,
    mpidrs: Array.from({ length: smp }, (_, n) => affinity(n)),
    topology: topology ?? { sockets: 1, clusters: 1, cores: smp, threads: 1 },
    pmu: options.pmu ?? false,
    flash: bios !== undefined,
    rngSeed: random(32),
    kaslrSeed: random(8),
  });
}

/** What firmware finds in fw_cfg. */
export function machineItems({ smp, kernel, initrd, append, bios, fwCfg }: MachineOptions): FwCfgItems {
  const items = new Map<number, Uint8Array>([
    [FW_CFG.NB_CPUS, littleEndian(smp, 2)],
    [FW_CFG.MAX_CPUS, littleEndian(smp, 2)],
  ]);
  const put = (size: number, key: number, data: Uint8Array): void => {
    items.set(size, littleEndian(data.length, 4)).set(key, data);
  };
  if (bios && kernel) put(FW_CFG.KERNEL_SIZE, FW_CFG.KERNEL_DATA, kernel.data);
  if (bios && initrd) put(FW_CFG.INITRD_SIZE, FW_CFG.INITRD_DATA, initrd.data);
  if (bios && append !== undefined) put(FW_CFG.CMDLINE_SIZE, FW_CFG.CMDLINE_DATA, new TextEncoder().encode(`${append}\0`));
  return fwCfgItems(items, fwCfg ?? new Map());
}
