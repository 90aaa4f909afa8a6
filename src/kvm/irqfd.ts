/** KVM_SET_GSI_ROUTING and KVM_IRQFD: numbers for interrupts, and events that raise them. Documentation/virt/kvm/api.rst 4.52, 4.75. */
import type { KvmMsi } from './arch.ts';
import { KvmError } from './errors.ts';
import type { EventFd } from './eventfd.ts';
import { KVM_MSI_VALID_DEVID } from './numbers.ts';

export const KVM_IRQ_ROUTING_IRQCHIP = 1;
export const KVM_IRQ_ROUTING_MSI = 2;
export const KVM_IRQFD_FLAG_DEASSIGN = 1;
export const KVM_IRQFD_FLAG_RESAMPLE = 2;
export const MAX_IRQ_ROUTES = 4096;

/** struct kvm_irq_routing_entry. */
export interface KvmIrqRoutingEntry {
  readonly gsi: number;
  /** KVM_IRQ_ROUTING_*. */
  readonly type: number;
  readonly flags?: number;
  /** Of KVM_IRQ_ROUTING_IRQCHIP. */
  readonly irqchip?: { readonly irqchip: number; readonly pin: number };
  /** Of KVM_IRQ_ROUTING_MSI; `flags` above says whether there is a `devid`. */
  readonly msi?: { readonly address: bigint; readonly data: number; readonly devid?: number };
}

/** struct kvm_irqfd. */
export interface KvmIrqfd {
  readonly fd: EventFd;
  readonly gsi: number;
  readonly flags?: number;
  /** With KVM_IRQFD_FLAG_RESAMPLE: signalled when the guest has served the interrupt, whose line is low then. */
  readonly resamplefd?: EventFd;
}

interface Bound {
  readonly fd: EventFd;
  readonly gsi: number;
  readonly resamplefd: EventFd | undefined;
  readonly stop: () => void;
}

/** The interrupt controller as numbers reach it. */
export interface IrqPins {
  /** How many pins the controller has. */
  readonly count: number;
  isReady(): boolean;
  set(pin: number, level: boolean): void;
  /** Throws EINVAL where nobody can be told. */
  watchEnds(listener: (pin: number) => void): void;
  message(msi: KvmMsi): void;
}

export class GsiRouting {
  private readonly pins: IrqPins;
  /** Until it is set, number n is pin n. */
  private routes: ReadonlyMap<number, readonly KvmIrqRoutingEntry[]> | undefined;
  private readonly bound: Bound[] = [];

  constructor(pins: IrqPins) {
    this.pins = pins;
  }

  /** Replaces the whole table. Throws EINVAL and changes nothing. */
  set(entries: readonly KvmIrqRoutingEntry[]): void {
    if (entries.length > MAX_IRQ_ROUTES) throw new KvmError('EINVAL', `there can be ${MAX_IRQ_ROUTES} routes`);
    const routes = new Map<number, KvmIrqRoutingEntry[]>();
    for (const entry of entries) {
      this.check(entry);
      const others = routes.get(entry.gsi) ?? [];
      // Only to different chips can one number lead, and there is one.
      if (others.length > 0) throw new KvmError('EINVAL', `interrupt ${entry.gsi} has two routes`);
      routes.set(entry.gsi, [...others, entry]);
    }
    this.routes = routes;
  }

  /** Throws EINVAL, EBUSY for an event that is bound, EAGAIN before the interrupt controller is there. */
  bind({ fd, gsi, flags = 0, resamplefd }: KvmIrqfd): void {
    if (flags & ~(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE)) throw new KvmError('EINVAL', 'irqfd has no such flag');
    if (!Number.isInteger(gsi) || gsi < 0 || gsi >= MAX_IRQ_ROUTES) throw new KvmError('EINVAL', `there is no interrupt ${gsi}`);
    if (flags & KVM_IRQFD_FLAG_DEASSIGN) {
      this.unbind(fd, gsi);
      return;
    }
    if (!this.pins.isReady()) throw new KvmError('EAGAIN', 'the in-kernel interrupt controller isn\'t initialised');
    const resamples = (flags & KVM_IRQFD_FLAG_RESAMPLE) !== 0;
    if (resamples && !resamplefd) throw new KvmError('EINVAL', 'KVM_IRQFD_FLAG_RESAMPLE is for an event that is signalled');
    if (this.bound.some(b => b.fd === fd)) throw new KvmError('EBUSY', 'the event is bound to an interrupt');
    if (resamples) this.pins.watchEnds(pin => this.served(pin));
    const raise = resamples ? () => this.drive(gsi, [true]) : () => this.drive(gsi, [true, false]);
    this.bound.push({ fd, gsi, resamplefd: resamples ? resamplefd : undefined, stop: fd.listen(raise) });
    // What was signalled before counts.
    if (fd.read() !== 0n) raise();
  }

  private unbind(fd: EventFd, gsi: number): void {
    for (const one of this.bound.filter(b => b.fd === fd && b.gsi === gsi)) {
      one.stop();
      this.bound.splice(this.bound.indexOf(one), 1);
      // The last one that kept the line high is gone.
      if (one.resamplefd && !this.bound.some(b => b.gsi === gsi && b.resamplefd)) this.drive(gsi, [false]);
    }
  }

  private routesOf(gsi: number): readonly KvmIrqRoutingEntry[] {
    return this.routes ? this.routes.get(gsi) ?? [] : [{ gsi, type: KVM_IRQ_ROUTING_IRQCHIP, irqchip: { irqchip: 0, pin: gsi } }];
  }

  /** The line goes through these levels: up and down is an edge. */
  private drive(gsi: number, levels: readonly boolean[]): void {
    for (const { type, flags, irqchip, msi } of this.routesOf(gsi)) {
      try {
        if (type === KVM_IRQ_ROUTING_IRQCHIP) for (const level of levels) this.pins.set(irqchip!.pin, level);
        else if (levels[0]) this.pins.message({ ...msi!, flags: flags ?? 0 });
      } catch (error) {
        // Nobody is there to be told: an interrupt that can't be delivered is lost.
        if (!(error instanceof KvmError)) throw error;
      }
    }
  }

  /** Whoever still wants the interrupt signals again. */
  private served(pin: number): void {
    const waiting = this.bound.filter(({ gsi, resamplefd }) => resamplefd && this.routesOf(gsi).some(({ irqchip }) => irqchip?.pin === pin));
    for (const gsi of new Set(waiting.map(b => b.gsi))) this.drive(gsi, [false]);
    for (const { resamplefd } of waiting) resamplefd!.signal();
  }

  private check({ gsi, type, flags = 0, irqchip, msi }: KvmIrqRoutingEntry): void {
    if (!Number.isInteger(gsi) || gsi < 0 || gsi >= MAX_IRQ_ROUTES) throw new KvmError('EINVAL', `there is no interrupt ${gsi}`);
    if (type === KVM_IRQ_ROUTING_MSI && msi && (flags & ~KVM_MSI_VALID_DEVID) === 0) return;
    if (type !== KVM_IRQ_ROUTING_IRQCHIP || flags !== 0 || !irqchip) throw new KvmError('EINVAL', `interrupt ${gsi} has a route of no known kind`);
    const { irqchip: chip, pin } = irqchip;
    if (chip !== 0 || !Number.isInteger(pin) || pin < 0 || pin >= this.pins.count) throw new KvmError('EINVAL', `chip ${chip} has no pin ${pin}`);
  }
}
