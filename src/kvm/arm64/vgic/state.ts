/**
 * State of the interrupt controller in the arena: per-interrupt bits in words of 32, as its registers have them.
 * IHI 0048B (GICv2) and IHI 0069 (GICv3).
 */
import { array, defineLayout, u32, u64, u8 } from '../../../base/layout.ts';

/** INTIDs 0..15 are software generated, 16..31 private to a CPU, 32..1019 shared. */
export const FIRST_PPI = 16;
export const FIRST_SPI = 32;
/** From here on INTIDs have meanings of their own and no state. */
export const SPECIAL = 1020;
export const SPURIOUS = 1023;
/** Group 1 is pending, but the read was of group 0's register (GICv2 without AckCtl). */
export const SPURIOUS_GROUP1 = 1022;
const WORDS = 32;

/** One bit an interrupt, except the priority (8 bits, of which 5 exist). */
const interrupts = <W extends number>(words: W) => ({
  enabled: array(u32, words),
  /** Edges not yet taken, and pending states set by software. A level interrupt is also pending by its line alone. */
  latch: array(u32, words),
  line: array(u32, words),
  active: array(u32, words),
  group: array(u32, words),
  edge: array(u32, words),
  priority: array(u8, words * 32),
});

export const distributorLayout = defineLayout({
  /** See VgicLock. */
  lock: u32,
  /** INTIDs in all below the LPIs, a multiple of 32. */
  nrIrqs: u32,
  /** GICD_IIDR.Revision: which of KVM's behaviours this is. */
  revision: u32,
  /** The private interrupt of maintenance requests, for nested guests. */
  maintenance: u32,
  /** GICR_PROPBASER, which all redistributors share. */
  propbaser: u64,
  /** GICD_CTLR.EnableGrp0 and EnableGrp1. */
  enableGroups: u32,
  ...interrupts(WORDS),
  /** GICD_ITARGETSR (GICv2). */
  targets: array(u8, WORDS * 32),
  /** GICD_IROUTER (GICv3). */
  router: array(u64, WORDS * 32),
});

export const cpuLayout = defineLayout({
  ...interrupts(1),
  /** Which shared interrupts may be signalled to this CPU. */
  route: array(u32, WORDS),
  /** GICv2: the CPUs whose SGI is pending here, and the one whose SGI was acknowledged last; by SGI. */
  sgiSources: array(u8, 16),
  sgiActiveSource: array(u8, 16),
  /** GICR_WAKER. */
  waker: u32,
  /** GICR_CTLR.EnableLPIs, GICR_PENDBASER, and how many LPIs are pending here. */
  lpisEnabled: u32,
  lpisPending: u32,
  pendbaser: u64,
  // CPU interface; the groups' registers in element 0 and 1.
  pmr: u32,
  bpr: array(u32, 2),
  interfaceGroups: u32,
  /** Active priorities: bit n for priority n << 3. */
  activePriorities: array(u32, 2),
  /** EOImode, CBPR, AckCtl and FIQEn: `CONTROL_*`. */
  control: u32,
  /** What VgicCpu.refresh found last: the highest pending interrupt, and the lines into the CPU. */
  pendingId: u32,
  pendingPriority: u32,
  pendingGroup: u32,
  lines: u32,
});

export const CONTROL_CBPR = 1;
export const CONTROL_EOIMODE = 2;
export const CONTROL_ACKCTL = 4;
export const CONTROL_FIQEN = 8;

type Interrupts = Pick<DistributorState & CpuState, 'enabled' | 'latch' | 'line' | 'active' | 'group' | 'edge' | 'priority'>;

/** What private and shared interrupts have in common; a class, so that the engine of JavaScript sees one shape for both. */
export class Bank {
  readonly enabled: Uint32Array;
  readonly latch: Uint32Array;
  readonly line: Uint32Array;
  readonly active: Uint32Array;
  readonly group: Uint32Array;
  readonly edge: Uint32Array;
  readonly priority: Uint8Array;

  constructor({ enabled, latch, line, active, group, edge, priority }: Interrupts) {
    this.enabled = enabled;
    this.latch = latch;
    this.line = line;
    this.active = active;
    this.group = group;
    this.edge = edge;
    this.priority = priority;
  }
}

export type DistributorState = ReturnType<typeof distributorLayout.view>;
export type CpuState = ReturnType<typeof cpuLayout.view>;
