/**
 * The vCPU's performance monitors towards KVM (Linux's arch/arm64/kvm/pmu-emul.c): the overflow interrupt's line, the VM's
 * event filter, and what is set up before the first run. What they count is guest/aarch64/pmu's.
 */
import type { Arm64Cpu } from '../../guest/aarch64/cpu.ts';
import type { PmuEventFilter } from '../arch.ts';
import { KvmError } from '../errors.ts';
import { KVM_ARM_DEV_PMU, KVM_ARM_VCPU_PMU_V3, KVM_PMU_EVENT_ALLOW, KVM_PMU_EVENT_DENY, spiLine } from './numbers.ts';
import type { GuestPart } from './run.ts';
import type { Arm64Vcpu } from './vcpu.ts';
import type { Arm64Vm } from './vm.ts';
import { FIRST_PPI, FIRST_SPI, SPECIAL } from './vgic/state.ts';

/** The one kind of monitors that this host has, as KVM_ARM_VCPU_PMU_V3_SET_PMU names it (on Linux a number from sysfs). */
export const PMU_ID = 8;

const isPpi = (irq: number): boolean => irq >= FIRST_PPI && irq < FIRST_SPI;
const isSpi = (irq: number): boolean => irq >= FIRST_SPI && irq < SPECIAL;
const noPmu = (): KvmError => new KvmError('ENODEV', 'this vCPU has no performance monitors; ask for KVM_ARM_VCPU_PMU_V3');

/** What all vCPUs of a VM share. */
export class VmPmu {
  /** A byte for each event: 1 if it is counted. */
  private filter: Uint8Array | undefined;
  /** Which monitors were chosen; 0: nobody asked. */
  private chosen = 0;

  allows(event: number): boolean { return this.filter === undefined || this.filter[event] === 1; }

  /** Throws EINVAL, EBUSY. */
  addFilter(vm: Arm64Vm, { base_event: base, nevents: count, action }: PmuEventFilter, events: number): void {
    const isU16 = (n: number): boolean => Number.isInteger(n) && n >= 0 && n < 2 ** 16;
    if (!isU16(base) || !isU16(count) || base + count > events || (action !== KVM_PMU_EVENT_ALLOW && action !== KVM_PMU_EVENT_DENY)) {
      throw new KvmError('EINVAL', `a filter of events is for some of the ${events} that there may be, to be allowed (0) or denied (1)`);
    }
    if (vm.ranOnce) throw new KvmError('EBUSY', 'events can\'t be filtered after a vCPU ran');
    // The first one says what is with all others.
    this.filter ??= new Uint8Array(2 ** 16).fill(action === KVM_PMU_EVENT_ALLOW ? 0 : 1);
    this.filter.fill(action === KVM_PMU_EVENT_ALLOW ? 1 : 0, base, base + count);
  }

  /** Throws ENXIO, EBUSY. */
  choose(vm: Arm64Vm, id: number): void {
    if (id !== PMU_ID) throw new KvmError('ENXIO', `there are no performance monitors ${id}; this host's are ${PMU_ID}`);
    if (vm.ranOnce) throw new KvmError('EBUSY', 'the monitors can\'t be chosen after a vCPU ran');
    this.chosen = id;
  }

  /** Throws EINVAL, EBUSY. */
  setCounters(vm: Arm64Vm, counters: number, most: number): void {
    if (vm.ranOnce) throw new KvmError('EBUSY', 'the number of counters can\'t be changed after a vCPU ran');
    if (this.chosen === 0) throw new KvmError('EINVAL', 'the number of counters is for monitors that were chosen (KVM_ARM_VCPU_PMU_V3_SET_PMU)');
    if (!Number.isInteger(counters) || counters < 0 || counters > most) throw new KvmError('EINVAL', `the monitors have ${most} counters at most`);
    for (const { cpu } of vm.vcpus) cpu.guest.pmu.setCounters(counters);
  }
}

export class VcpuPmu implements GuestPart {
  private readonly vcpu: Arm64Vcpu;
  private readonly guest: Arm64Cpu;
  private number: number | undefined;
  private created = false;

  constructor(vcpu: Arm64Vcpu) {
    this.vcpu = vcpu;
    this.guest = vcpu.cpu.guest;
    const { vm } = vcpu;
    this.guest.pmu.allowed = event => vm.pmu.allows(event);
    vcpu.platform.pmuLine = level => this.setLine(level);
  }

  /** INTID of the overflow interrupt. */
  get irq(): number | undefined { return this.number; }

  // ---- at each entry
  flush(): void { this.guest.pmu.resume(); }
  sync(): void { this.guest.pmu.pause(); }
  reload(): void {
    this.guest.pmu.account();
    this.guest.pmu.changed();
  }

  // ---- before the first run
  /** Throws EBUSY after `init`. */
  configure(): void {
    if (this.created) throw new KvmError('EBUSY', 'the monitors are initialised');
  }

  /** Throws EINVAL, EBUSY. */
  setIrq(irq: number): void {
    const { vm } = this.vcpu;
    if (!vm.hasIrqchip) throw new KvmError('EINVAL', 'the VM has no in-kernel interrupt controller');
    if (!isPpi(irq) && !isSpi(irq)) throw new KvmError('EINVAL', `interrupt ${irq} is neither a private nor a shared one`);
    for (const { pmu } of vm.vcpus) {
      if (pmu?.irq === undefined) continue;
      if (isPpi(irq) ? pmu.irq !== irq : pmu.irq === irq) {
        throw new KvmError('EINVAL', 'the monitors have the same private interrupt on all vCPUs, or a shared one each');
      }
    }
    if (this.number !== undefined) throw new KvmError('EBUSY', `the monitors have interrupt ${this.number}`);
    this.number = irq;
  }

  /** The interrupt, once it is the monitors' own: from INIT on. */
  get owned(): number | undefined { return this.created ? this.number : undefined; }

  /** Throws ENODEV, ENXIO, EINVAL for an interrupt that isn't there, EEXIST for one that is the timers'. */
  init(): void {
    const { vm, ownsTimerPpis } = this.vcpu;
    if (vm.hasIrqchip) {
      const { number } = this;
      if (!vm.irqchipReady) throw new KvmError('ENODEV', 'the interrupt controller has to be initialised before');
      if (number === undefined) throw new KvmError('ENXIO', 'the monitors have no interrupt yet');
      if (!isPpi(number) && !vm.hasSpi(number)) throw new KvmError('EINVAL', `there is no shared interrupt ${number} for the monitors`);
      if (ownsTimerPpis && vm.timers.uses(number)) throw new KvmError('EEXIST', `interrupt ${number} is a timer's`);
    }
    this.created = true;
  }

  /** Before the first run. Throws EINVAL where something is missing. */
  enable(): void {
    const { vm } = this.vcpu;
    if (!this.created) throw new KvmError('EINVAL', 'the monitors aren\'t initialised (KVM_ARM_VCPU_PMU_V3_INIT)');
    if (!vm.hasIrqchip && this.number !== undefined) throw new KvmError('EINVAL', 'the monitors have an interrupt, but the VM has no interrupt controller');
  }

  private setLine(level: boolean): void {
    const { vcpu, number } = this;
    if (!vcpu.vm.hasIrqchip) vcpu.setDeviceLine(KVM_ARM_DEV_PMU, level);
    else if (number !== undefined && isPpi(number)) vcpu.vm.setPpi(vcpu.index, number, level);
    else if (number !== undefined) vcpu.vm.irqLine(spiLine(number), level);
  }
}

/** Events that the monitors of this CPU could have, as filters number them. */
export const eventSpace = ({ model }: Arm64Cpu): number => (model.features.has('PMUv3p1') ? 2 ** 16 : 2 ** 10);

/** Throws ENODEV where the vCPU has none. */
export function pmuOf(vcpu: Arm64Vcpu): VcpuPmu {
  if (!vcpu.pmu) throw noPmu();
  return vcpu.pmu;
}

/** A vCPU with the feature has monitors. */
export const createPmu = (vcpu: Arm64Vcpu): VcpuPmu | undefined => (vcpu.hasFeature(KVM_ARM_VCPU_PMU_V3) ? new VcpuPmu(vcpu) : undefined);

