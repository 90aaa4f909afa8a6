/**
 * One CPU's side of the interrupt controller: its private interrupts and the CPU interface, which picks the highest
 * pending interrupt, compares it with the mask and what is running, and drives the lines into the CPU.
 * IHI 0069 4.1 and 4.8; IHI 0048B 3.2 and 3.3 say the same of GICv2.
 */
import { FIRST_LPI } from './lpis.ts';
import {
  CONTROL_ACKCTL, CONTROL_CBPR, CONTROL_EOIMODE, CONTROL_FIQEN, Bank, cpuLayout, SPECIAL, SPURIOUS, SPURIOUS_GROUP1, type CpuState,
} from './state.ts';
import type { Vgic } from './vgic.ts';

/** Lines into the CPU as Arm64Platform.lines has them. */
const IRQ = 1;
const FIQ = 2;
const IDLE_PRIORITY = 0xff;
/** Five priority bits: binary points below these mean the same as these. */
const MIN_BPR = [2, 3] as const;

/** What an interrupt controller is told of a CPU. */
export interface VgicCpuSpec {
  /** GICR_TYPER.Processor_Number, and the CPU's bit in GICv2's masks: the vCPU's id. */
  readonly number: number;
  /** Aff3..Aff0 in 32 bits. The vCPU's user may change it. */
  readonly affinity: number;
  /** Called when an interrupt line into the CPU rises, by whichever thread made it rise and holds the lock. */
  readonly signal: () => void;
}

/** Its methods are for who holds the VM's VgicLock, except `lines`. */
export class VgicCpu {
  /** Position among the interrupt controller's CPUs. */
  readonly index: number;
  readonly number: number;
  readonly state: CpuState;
  /** Its private interrupts. */
  readonly own: Bank;
  private readonly spec: VgicCpuSpec;
  private readonly vgic: Vgic;
  private readonly signal: () => void;
  private readonly words: Uint32Array;
  private readonly linesWord: number;

  constructor(vgic: Vgic, index: number, spec: VgicCpuSpec) {
    const { number, signal } = spec;
    const { arena } = vgic;
    const base = arena.alloc(cpuLayout.size);
    this.vgic = vgic;
    this.index = index;
    this.number = number;
    this.spec = spec;
    this.signal = signal;
    this.state = cpuLayout.view(arena, base);
    this.own = new Bank(this.state);
    this.words = arena.u32;
    this.linesWord = (base + cpuLayout.fields.lines.offset) >>> 2;
  }

  get affinity(): number { return this.spec.affinity; }

  reset(): void {
    const { state } = this;
    const v3 = this.vgic.version === 3;
    const { enabled, latch, active, priority, route, sgiSources, sgiActiveSource } = state;
    for (const bits of [enabled, latch, active, priority, route, sgiSources, sgiActiveSource]) bits.fill(0);
    state.group[0] = v3 ? 0xffffffff : 0;
    if (!v3) state.enabled[0] = 0xffff; // GICv2's SGIs can't be disabled
    state.edge[0] = 0xffff; // SGIs are edges; private peripherals here are all levels
    state.waker = 6;
    state.lpisEnabled = 0;
    state.lpisPending = 0;
    state.pendbaser = 0n;
    state.pmr = 0;
    state.bpr.set(MIN_BPR);
    state.interfaceGroups = 0;
    state.activePriorities.fill(0);
    state.control = 0;
  }

  setRoute(intid: number, here: boolean): void {
    const { route } = this.state;
    const bit = 1 << (intid & 31);
    route[intid >>> 5] = here ? route[intid >>> 5]! | bit : route[intid >>> 5]! & ~bit;
  }

  /** Lines into the CPU now: bit 0 IRQ, bit 1 FIQ. */
  lines(): number {
    return this.words[this.linesWord]!;
  }

  /** Looks again at everything that decides which interrupt is signalled. */
  refresh(): void {
    this.findPending();
    const before = this.lines();
    const after = this.deliverable() ? this.lineOf(this.state.pendingGroup) : 0;
    this.words[this.linesWord] = after;
    if (after & ~before) this.signal();
  }

  /** The interrupt that an acknowledge of these groups (bit 0, bit 1) would give, without taking it. */
  highestPending(groups: number): number {
    if (this.state.pendingId === SPURIOUS) return SPURIOUS;
    return groups >>> this.state.pendingGroup & 1 ? this.state.pendingId : this.otherGroup();
  }

  /** Takes the highest pending interrupt of these groups: it becomes active and its priority the running one. */
  acknowledge(groups: number): number {
    if (!this.deliverable()) return SPURIOUS;
    const intid = this.state.pendingId;
    const group = this.state.pendingGroup;
    if ((groups >>> group & 1) === 0) return this.otherGroup();
    const { activePriorities } = this.state;
    const level = this.groupPriority(this.state.pendingPriority, group) >>> 3;
    activePriorities[group] = activePriorities[group]! | (1 << level);
    if (intid >= FIRST_LPI) {
      this.vgic.lpis!.setPending(intid, false);
      return intid;
    }
    const word = intid >>> 5;
    const bank = this.vgic.bank(this, word);
    const bit = 1 << (intid & 31);
    bank.active[word] = bank.active[word]! | bit;
    const source = this.takeSource(intid);
    if (intid >= 16 || this.vgic.version === 3 || this.state.sgiSources[intid] === 0) bank.latch[word] = bank.latch[word]! & ~bit;
    this.vgic.changedWord(word, this);
    return source << 10 | intid;
  }

  /** Priority drop of `group`, and deactivation unless EOImode separates the two. */
  endOfInterrupt(intid: number, groups: number): void {
    const lpi = intid >= FIRST_LPI && this.vgic.lpis !== undefined;
    if (!lpi && !this.exists(intid)) return;
    this.dropPriority(groups);
    // LPIs have no active state.
    if (lpi || this.state.control & CONTROL_EOIMODE) this.refresh();
    else this.clearActive(intid);
  }

  /** Deactivation by DIR, which only does anything where EOImode is set. CONSTRAINED UNPREDICTABLE otherwise: ignored. */
  deactivate(intid: number): void {
    if (this.exists(intid) && this.state.control & CONTROL_EOIMODE) this.clearActive(intid);
  }

  runningPriority(): number {
    const active = this.state.activePriorities[0]! | this.state.activePriorities[1]!;
    return active === 0 ? IDLE_PRIORITY : lowestBit(active) << 3;
  }

  /** The binary point in force for a group, as its own register would read (CBPR: group 1 follows group 0). */
  binaryPoint(group: number): number {
    const { bpr, control } = this.state;
    if (group === 1 && control & CONTROL_CBPR) return Math.min(bpr[0]! + 1, 7);
    return bpr[group]!;
  }

  setBinaryPoint(group: 0 | 1, value: number): void {
    if (group === 1 && this.state.control & CONTROL_CBPR) return;
    this.state.bpr[group] = Math.max(value & 7, MIN_BPR[group]);
    this.refresh();
  }

  private findPending(): void {
    const { vgic, own, state: { route, interfaceGroups } } = this;
    const { shared } = vgic;
    const groups = vgic.state.enableGroups & interfaceGroups;
    const group0 = groups & 1 ? -1 : 0;
    const group1 = groups & 2 ? -1 : 0;
    let best = 256;
    let bestId = SPURIOUS;
    if (groups !== 0) {
      const { words } = vgic;
      for (let word = 0; word < words; word++) {
        const bank = word === 0 ? own : shared;
        const ready = bank.enabled[word]! & (bank.latch[word]! | (bank.line[word]! & ~bank.edge[word]!)) & ~bank.active[word]!;
        if (ready === 0) continue;
        const group = bank.group[word]!;
        let candidates = ready & (word === 0 ? -1 : route[word]!) & ((group & group1) | (~group & group0));
        for (; candidates !== 0; candidates &= candidates - 1) {
          const intid = word << 5 | lowestBit(candidates);
          const priority = bank.priority[intid]!;
          if (priority < best) {
            best = priority;
            bestId = intid;
          }
        }
      }
    }
    const { state } = this;
    if (group1 !== 0 && state.lpisPending !== 0 && state.lpisEnabled !== 0) {
      const lpi = vgic.lpis!.highest(this);
      if (lpi >= 0 && lpi >>> 16 < best) {
        best = lpi >>> 16;
        bestId = lpi & 0xffff;
      }
    }
    state.pendingPriority = best;
    state.pendingId = bestId;
    state.pendingGroup = bestId === SPURIOUS ? 0 : this.groupOf(bestId);
  }

  /** LPIs are of group 1. */
  private groupOf(intid: number): number {
    if (intid >= FIRST_LPI) return 1;
    const word = intid >>> 5;
    return this.vgic.bank(this, word).group[word]! >>> (intid & 31) & 1;
  }

  private deliverable(): boolean {
    if (this.state.pendingPriority >= this.state.pmr) return false;
    const running = this.runningPriority();
    return running === IDLE_PRIORITY || this.groupPriority(this.state.pendingPriority, this.state.pendingGroup) < running;
  }

  /** The part of a priority that decides preemption. Group 1's binary point counts from one bit higher. */
  private groupPriority(priority: number, group: number): number {
    const { bpr, control } = this.state;
    const shift = group === 1 && !(control & CONTROL_CBPR) ? bpr[1]! : bpr[0]! + 1;
    return priority & (0xff << shift) & 0xff;
  }

  private lineOf(group: number): number {
    if (group === 1) return IRQ;
    return this.vgic.version === 3 || this.state.control & CONTROL_FIQEN ? FIQ : IRQ;
  }

  private otherGroup(): number {
    return this.vgic.version === 2 && this.state.pendingGroup === 1 && !(this.state.control & CONTROL_ACKCTL) ? SPURIOUS_GROUP1 : SPURIOUS;
  }

  /** GICv2: the CPU whose SGI this is; other CPUs' requests of the same SGI stay pending. */
  private takeSource(intid: number): number {
    if (this.vgic.version === 3 || intid >= 16) return 0;
    const { sgiSources, sgiActiveSource } = this.state;
    const source = sgiSources[intid] === 0 ? 0 : lowestBit(sgiSources[intid]!);
    sgiSources[intid] = sgiSources[intid]! & ~(1 << source);
    sgiActiveSource[intid] = source;
    return source;
  }

  /** CONSTRAINED UNPREDICTABLE when the highest active priority is of another group: nothing is dropped. */
  private dropPriority(groups: number): void {
    const { activePriorities } = this.state;
    const all = activePriorities[0]! | activePriorities[1]!;
    const highest = all & -all;
    for (const group of [0, 1]) {
      if (groups >>> group & 1 && activePriorities[group]! & highest) {
        activePriorities[group] = activePriorities[group]! & ~highest;
        return;
      }
    }
  }

  private exists(intid: number): boolean {
    return intid < this.vgic.nrIrqs && intid < SPECIAL;
  }

  private clearActive(intid: number): void {
    const word = intid >>> 5;
    const { active } = this.vgic.bank(this, word);
    const before = active[word]!;
    active[word] = before & ~(1 << (intid & 31));
    if (word > 0 && active[word] !== before) this.vgic.ended(intid);
    this.vgic.changedWord(word, this);
  }
}

const lowestBit = (value: number): number => 31 - Math.clz32(value & -value);
