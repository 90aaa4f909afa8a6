/**
 * The interrupt controller's model, shared by GICv2 and GICv3: what is pending where, and lines coming in. Registers are
 * in gicv2.ts, gicv3.ts and icc.ts; they call `changed` after they changed state.
 */
import type { Arena } from '../../../base/arena.ts';
import { VgicCpu, type VgicCpuSpec } from './cpu.ts';
import { VgicLock } from './lock.ts';
import type { Lpis } from './lpis.ts';
import { Bank, distributorLayout, FIRST_SPI, type DistributorState } from './state.ts';

/** Until a device attribute says otherwise: the private ones and 32 shared ones. */
const MIN_IRQS = 64;
/** The private interrupt that Arm's BSA has for maintenance. */
const DEFAULT_MAINTENANCE = 25;
export const LATEST_REVISION = 3;
/** GICD_IROUTER.Interrupt_Routing_Mode. */
const ANY_ONE = 0x8000_0000n;

/** GICR_IIDR: product 0x4b is KVM's, whose behaviour this is, implementer 0x43b Arm. */
export const IIDR = 0x4b00_043b;
export const iidrOf = ({ state }: Vgic): number => IIDR | state.revision << 12;

export class Vgic {
  readonly version: 2 | 3;
  readonly state: DistributorState;
  /** The shared interrupts. */
  readonly shared: Bank;
  readonly cpus: VgicCpu[] = [];
  readonly lock: VgicLock;
  /** Present where there is an ITS. */
  lpis: Lpis | undefined;
  /** Told of each shared level interrupt whose handler has ended, once the lock is free. */
  onEnd: ((intid: number) => void) | undefined;
  readonly arena: Arena;

  /** In another thread's arena it is that thread's interrupt controller, in whatever state it is. */
  constructor(arena: Arena, version: 2 | 3) {
    const base = arena.alloc(distributorLayout.size);
    this.version = version;
    this.arena = arena;
    this.state = distributorLayout.view(arena, base);
    this.shared = new Bank(this.state);
    this.lock = new VgicLock(arena, (base + distributorLayout.fields.lock.offset) >>> 2);
    if (arena.attached) return;
    this.state.nrIrqs = MIN_IRQS;
    this.state.maintenance = DEFAULT_MAINTENANCE;
  }

  get nrIrqs(): number { return this.state.nrIrqs; }
  set nrIrqs(count: number) { this.state.nrIrqs = count; }
  get words(): number { return this.nrIrqs >>> 5; }

  addCpu(spec: VgicCpuSpec): VgicCpu {
    const cpu = new VgicCpu(this, this.cpus.length, spec);
    this.cpus.push(cpu);
    return cpu;
  }

  /** As after INIT. For who holds the lock. */
  reset(): void {
    const { state } = this;
    state.enableGroups = 0;
    state.propbaser = 0n;
    state.revision = LATEST_REVISION;
    for (const bits of [state.enabled, state.latch, state.active, state.edge, state.priority, state.targets]) bits.fill(0);
    state.router.fill(0n);
    state.group.fill(this.version === 3 ? 0xffffffff : 0);
    for (const cpu of this.cpus) cpu.reset();
    this.lpis?.reset();
    for (let intid = FIRST_SPI; intid < this.nrIrqs; intid++) this.routeAll(intid);
    this.changed();
  }

  /** The words of the interrupts `32 * word` and up, as `cpu` sees them; the element to use is `word` in either case. */
  bank(cpu: VgicCpu, word: number): Bank {
    return word === 0 ? cpu.own : this.shared;
  }

  /** Level of a shared interrupt's input; of an edge-triggered one each high level is an edge, as in KVM. An entry point. */
  setSpi(intid: number, level: boolean): void {
    this.lock.acquire();
    try {
      if (setLine(this.shared, intid, level)) this.changedWord(intid >>> 5);
    } finally {
      this.lock.release();
    }
  }

  /** Level of a private interrupt's input, by the thread of whoever drives it. An entry point. */
  setPpi(cpu: VgicCpu, intid: number, level: boolean): void {
    if (lineIs(cpu.own, intid, level)) return;
    this.lock.acquire();
    try {
      if (setLine(cpu.own, intid, level)) cpu.refresh();
    } finally {
      this.lock.release();
    }
  }

  /** A shared interrupt is active no more. For who holds the lock. */
  ended(intid: number): void {
    const { onEnd, shared } = this;
    if (onEnd && (shared.edge[intid >>> 5]! >>> (intid & 31) & 1) === 0) this.lock.afterwards(() => onEnd(intid));
  }

  /** Something that may concern every CPU has changed. */
  changed(): void {
    for (const cpu of this.cpus) cpu.refresh();
  }

  /** An interrupt of this word has changed (of word 0: of CPU `by`'s), or, of the CPU that did it, something else too. */
  changedWord(word: number, by?: VgicCpu): void {
    if (word === 0) by?.refresh();
    else for (const cpu of this.cpus) if (cpu === by || cpu.state.route[word] !== 0) cpu.refresh();
  }

  /** GICv3: sends the interrupt to the CPU of this affinity (none: it stays pending), and to no other. */
  route(intid: number, affinity: number): void {
    for (const cpu of this.cpus) cpu.setRoute(intid, cpu.affinity === affinity);
  }

  /** GICv3: as GICD_IROUTER says; for "any one" the first CPU that takes part in 1-of-N. */
  routeByRouter(intid: number): void {
    const router = this.state.router[intid]!;
    if (router & ANY_ONE) this.route(intid, this.participant().affinity);
    else this.route(intid, (Number(router >> 32n) << 24 | Number(router & 0xffffffn)) >>> 0);
  }

  /** A CPU's WAKER or group enables have changed: another one may be the first to take part in 1-of-N. */
  participantsChanged(): void {
    if (this.version === 2) return;
    const { router } = this.state;
    let found = false;
    for (let intid = FIRST_SPI; intid < this.nrIrqs; intid++) {
      if (!(router[intid]! & ANY_ONE)) continue;
      this.routeByRouter(intid);
      found = true;
    }
    if (found) this.changed();
  }

  /** GICv2: any CPU of the mask may take the interrupt; the first to acknowledge has it. */
  routeMask(intid: number, mask: number): void {
    for (const cpu of this.cpus) cpu.setRoute(intid, (mask >>> cpu.number & 1) !== 0);
  }

  /** The first CPU that is awake and takes group 1 (IHI 0069 4.7.2); if none does, the first one. */
  private participant(): VgicCpu {
    return this.cpus.find(({ state }) => (state.waker & 2) === 0 && (state.interfaceGroups & 2) !== 0) ?? this.cpus[0]!;
  }

  private routeAll(intid: number): void {
    if (this.version === 3) this.route(intid, 0);
    // With one CPU GICD_ITARGETSR doesn't exist and everything goes there (IHI 0048B 4.3.12).
    else this.routeMask(intid, this.cpus.length === 1 ? 1 << this.cpus[0]!.number : 0);
  }
}

const lineIs = ({ line }: Bank, intid: number, level: boolean): boolean => (line[intid >>> 5]! >>> (intid & 31) & 1) === (level ? 1 : 0);

/** Whether pending may have changed. An edge is latched; a level interrupt follows its line. */
function setLine(bank: Bank, intid: number, level: boolean): boolean {
  const word = intid >>> 5;
  const bit = (1 << (intid & 31)) >>> 0;
  const edge = level && (bank.edge[word]! & bit) !== 0;
  if (!edge && lineIs(bank, intid, level)) return false;
  const before = bank.line[word]!;
  bank.line[word] = level ? before | bit : before & ~bit;
  if (edge) bank.latch[word] = bank.latch[word]! | bit;
  return true;
}
