/**
 * The device tree of a board, from the list of what is on it. Nothing is described that isn't there.
 * (Linux, Documentation/devicetree/bindings: arm/cpus.yaml, arm/psci.yaml, timer/arm,arch_timer.yaml,
 * interrupt-controller/arm,gic.yaml and arm,gic-v3.yaml.)
 */
import { cells64, type FdtNode } from '../base/devicetree.ts';
import { LEVEL_HIGH, pmuPpi, timerPpis, type Board, type BoardDevice, type Range } from './board.ts';
import type { Topology } from './options.ts';

export interface BoardFdtOptions {
  readonly board: Board;
  readonly gicVersion: 2 | 3;
  readonly its?: Range | undefined;
  /** What cpu nodes are compatible with. */
  readonly cpu: string;
  /** Affinity fields of each CPU's MPIDR_EL1. */
  readonly mpidrs: readonly number[];
  readonly topology: Topology;
  readonly pmu: boolean;
  readonly flash: boolean;
  readonly rngSeed: Uint8Array;
  readonly kaslrSeed: Uint8Array;
}

/** Interrupt specifier cells of the GIC's binding. */
const GIC_SPI = 0;
const GIC_PPI = 1;
/** A key's Linux input code. */
const KEY_POWER = 116;

const CLOCK = 0x8000;
const GIC = 0x8001;
const GPIO = 0x8002;
const ITS = 0x8003;
const FIRST_CPU = 0x8100;

const reg = ({ base, size }: Range): number[] => [...cells64(base), ...cells64(size)];
const hex = (n: number): string => n.toString(16);

/** The tree without RAM and without what belongs to one boot. */
export function boardFdt(options: BoardFdtOptions): FdtNode {
  const { board, gicVersion } = options;
  const { map, devices, powerKeyPin } = board;
  // In GICv2's binding, a private interrupt's flags also say which CPUs it is for.
  const cpuMask = gicVersion === 2 ? (2 ** options.mpidrs.length - 1) << 8 : 0;
  const ppi = (n: number): number[] => [GIC_PPI, n, LEVEL_HIGH | cpuMask];
  return {
    compatible: board.model,
    model: board.model,
    '#address-cells': 2,
    '#size-cells': 2,
    'interrupt-parent': GIC,
    psci: {
      compatible: ['arm,psci-1.0', 'arm,psci-0.2', 'arm,psci'],
      method: 'hvc',
      cpu_suspend: 0xc400_0001,
      cpu_off: 0x8400_0002,
      cpu_on: 0xc400_0003,
      migrate: 0xc400_0005,
    },
    'apb-pclk': {
      compatible: 'fixed-clock',
      '#clock-cells': 0,
      'clock-frequency': 24_000_000,
      'clock-output-names': 'clk24mhz',
      phandle: CLOCK,
    },
    cpus: cpus(options),
    timer: {
      compatible: ['arm,armv8-timer', 'arm,armv7-timer'],
      interrupts: timerPpis.flatMap(ppi),
      'always-on': true,
    },
    ...(options.pmu && { pmu: { compatible: 'arm,armv8-pmuv3', interrupts: ppi(pmuPpi) } }),
    [`intc@${hex(map.gicDistributor.base)}`]: gic(map, gicVersion, options.its),
    ...(options.flash &&
      map.flash && {
        [`flash@${hex(map.flash[0].base)}`]: { compatible: 'cfi-flash', reg: map.flash.flatMap(reg), 'bank-width': 4 },
      }),
    ...Object.fromEntries(devices.flatMap(deviceNode)),
    ...(powerKeyPin !== undefined && {
      'gpio-keys': {
        compatible: 'gpio-keys',
        poweroff: { label: 'GPIO Key Poweroff', 'linux,code': KEY_POWER, gpios: [GPIO, powerKeyPin, 0] },
      },
    }),
    chosen: {
      'stdout-path': `/${devices.filter(d => d.node === board.console).map(nameOf)[0]}`,
      'rng-seed': options.rngSeed,
      'kaslr-seed': options.kaslrSeed,
    },
  };
}

function cpus({ cpu, mpidrs, topology }: BoardFdtOptions): FdtNode {
  return {
    '#address-cells': 1,
    '#size-cells': 0,
    ...Object.fromEntries(
      mpidrs.map((mpidr, n) => [
        `cpu@${hex(mpidr)}`,
        {
          device_type: 'cpu',
          compatible: cpu,
          reg: mpidr,
          'enable-method': 'psci',
          phandle: FIRST_CPU + n,
        },
      ]),
    ),
    'cpu-map': cpuMap(mpidrs.length, topology),
  };
}

/** Documentation/devicetree/bindings/cpu/cpu-topology.txt. Threads are nodes only where a core has several. */
function cpuMap(count: number, { sockets, clusters, cores, threads }: Topology): FdtNode {
  let next = 0;
  const group = (name: string, of: number, member: () => FdtNode): FdtNode => {
    const members: Record<string, FdtNode> = {};
    for (let n = 0; n < of && next < count; n++) members[`${name}${n}`] = member();
    return members;
  };
  const thread = (): FdtNode => ({ cpu: FIRST_CPU + next++ });
  const core = (): FdtNode => (threads > 1 ? group('thread', threads, thread) : thread());
  return group('socket', sockets, () => group('cluster', clusters, () => group('core', cores, core)));
}

function gic({ gicDistributor, gicCpuInterface, gicRedistributors }: Board['map'], version: 2 | 3, its: Range | undefined): FdtNode {
  const common = {
    'interrupt-controller': true,
    '#interrupt-cells': 3,
    '#address-cells': 2,
    '#size-cells': 2,
    ranges: true,
    phandle: GIC,
  } as const;
  return version === 2
    ? { compatible: 'arm,cortex-a15-gic', reg: [...reg(gicDistributor), ...reg(gicCpuInterface)], ...common }
    : {
        compatible: 'arm,gic-v3',
        reg: [...reg(gicDistributor), ...reg(gicRedistributors)],
        '#redistributor-regions': 1,
        ...common,
        ...(its && { [`its@${hex(its.base)}`]: { compatible: 'arm,gic-v3-its', 'msi-controller': true, '#msi-cells': 1, reg: reg(its), phandle: ITS } }),
      };
}

const nameOf = ({ node, base }: BoardDevice): string => `${node}@${hex(base)}`;

function deviceNode(device: BoardDevice): (readonly [string, FdtNode])[] {
  const { base, spi, trigger, type } = device;
  if (!type.fdt) return [];
  const placement = {
    reg: reg({ base, size: type.size }),
    interrupts: spi === undefined || trigger === undefined ? [] : [GIC_SPI, spi, trigger],
    clock: CLOCK,
    phandle: GPIO,
  };
  return [[nameOf(device), type.fdt(placement)]];
}
