/**
 * The interrupt controller's model, shared by GICv2 and GICv3: what is pending where, and lines coming in. Registers are
 * in gicv2.ts, gicv3.ts and icc.ts; they call `changed` after they changed state.
 */
import type { Arena } from '../../../base/arena.ts';
import { VgicCpu } from './cpu.ts';
import { distributorLayout, FIRST_SPI, type Bank, type DistributorState } from './state.ts';

export class Vgic {
  readonly version: 2 | 3;
  readonly state: DistributorState;
  readonly cpus: VgicCpu[] = [];
  /** INTIDs in all, a multiple of 32. */
  nrIrqs = 64;
  private readonly arena: Arena;

  constructor(arena: Arena, version: 2 | 3) {
    this.version = version;
    this.arena = arena;
    this.state = distributorLayout.view(arena, arena.alloc(distributorLayout.size));
  }

  get words(): number {
    return this.nrIrqs >>> 5;
  }

  /** `affinity`: Aff3..Aff0 in 32 bits. `signal` is called when an interrupt line into that CPU rises. */
  addCpu(affinity: number, signal: () => void): VgicCpu {
    const cpu = new VgicCpu(this, this.arena, this.cpus.length, affinity, signal);
    this.cpus.push(cpu);
    return cpu;
  }

  reset(): void {
    const { state } = this;
    state.enableGroups = 0;
    for (const bits of [state.enabled, state.latch, state.active, state.edge, state.priority, state.targets]) bits.fill(0);
    state.router.fill(0n);
    state.group.fill(this.version === 3 ? 0xffffffff : 0);
    for (const cpu of this.cpus) cpu.reset();
    for (let intid = FIRST_SPI; intid < this.nrIrqs; intid++) this.routeAll(intid);
    this.changed();
  }

  /** The words of the interrupts `32 * word` and up, as `cpu` sees them; the element to use is `word` in either case. */
  bank(cpu: VgicCpu, word: number): Bank {
    return word === 0 ? cpu.state : this.state;
  }

  /** Level of a shared interrupt's input. */
  setSpi(intid: number, level: boolean): void {
    if (setLine(this.state, intid, level)) this.changedWord(intid >>> 5);
  }

  /** Level of a private interrupt's input. */
  setPpi(cpu: VgicCpu, intid: number, level: boolean): void {
    if (setLine(cpu.state, intid, level)) cpu.refresh();
  }

  /** Something that may concern every CPU has changed. */
  changed(): void {
    for (const cpu of this.cpus) cpu.refresh();
  }

  /** An interrupt of this word has changed, or, of the CPU that did it, something else too. */
  changedWord(word: number, by?: VgicCpu): void {
    for (const cpu of this.cpus) if (cpu === by || (word !== 0 && cpu.state.route[word] !== 0)) cpu.refresh();
  }

  /** GICv3: sends the interrupt to the CPU of this affinity (none: it stays pending), and to no other. */
  route(intid: number, affinity: number): void {
    for (const cpu of this.cpus) cpu.setRoute(intid, cpu.affinity === affinity);
  }

  /** GICv2: any CPU of the mask may take the interrupt; the first to acknowledge has it. */
  routeMask(intid: number, mask: number): void {
    for (const cpu of this.cpus) cpu.setRoute(intid, (mask >>> cpu.index & 1) !== 0);
  }

  private routeAll(intid: number): void {
    if (this.version === 3) this.route(intid, 0);
    // With one CPU GICD_ITARGETSR doesn't exist and everything goes there (IHI 0048B 4.3.12).
    else this.routeMask(intid, this.cpus.length === 1 ? 1 : 0);
  }
}

/** Whether pending may have changed. A rising edge is latched; a level interrupt follows its line. */
function setLine(bank: Bank, intid: number, level: boolean): boolean {
  const word = intid >>> 5;
  const bit = (1 << (intid & 31)) >>> 0;
  const before = bank.line[word]!;
  if (((before & bit) !== 0) === level) return false;
  bank.line[word] = level ? before | bit : before & ~bit;
  if (level && bank.edge[word]! & bit) bank.latch[word] = bank.latch[word]! | bit;
  return true;
}
