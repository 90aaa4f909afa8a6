/** Events bound to interrupts and to writes, and writes that wait in a ring: reference B1. */
import { describe, expect, it } from 'vitest';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, kicked, startVcpus, write, type TestVm } from './fake-cpu.ts';

const { EventFd } = kvm;
const GICD = 0x0800_0000;

function booted(): TestVm & { vcpu: kvm.Vcpu; pending(intid: number): boolean; line(intid: number): boolean } {
  const made = createVm();
  const gic = made.vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
  const [vcpu] = startVcpus(made.vm);
  gic.setAttr(0, 2n, BigInt(GICD));
  gic.setAttr(0, 3n, 0x080a_0000n);
  gic.setAttr(3, 0n, 96n);
  gic.setAttr(4, 0n);
  const { cpus } = made;
  // As the guest sets them up: edge triggered, so that a pulse stays pending.
  for (let n = 2; n < 6; n++) cpus[0]!.script.push(write(GICD + 0xc00 + 4 * n, 0xaaaa_aaaa));
  cpus[0]!.script.push(kicked);
  vcpu!.run();
  const bit = (bits: bigint, intid: number): boolean => (bits >> BigInt(intid & 31) & 1n) !== 0n;
  return {
    ...made, vcpu: vcpu!, pending: intid => bit(gic.getAttr(1, BigInt(0x200 + 4 * (intid >> 5))), intid),
    line: intid => bit(gic.getAttr(kvm.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, BigInt(intid & ~31)), intid),
  };
}

describe('EventFd', () => {
  it('counts, and tells who listens', () => {
    const fd = new EventFd();
    let heard = 0;
    const stop = fd.listen(() => { heard++; });
    fd.signal();
    fd.signal(4n);
    stop();
    fd.signal(1n << 64n);
    expect([heard, fd.read(), fd.read()]).toEqual([2, (1n << 64n) - 2n, 0n]);
  });
});

describe('B1.IRQFD', () => {
  it('B1.IRQFD a signal is an edge of the interrupt, until the event is taken off', () => {
    const { vm, pending } = booted();
    const fd = new EventFd();
    vm.irqfd({ fd, gsi: 5 });
    expect(pending(37)).toBe(false);
    fd.signal();
    expect([pending(37), pending(36)]).toEqual([true, false]);
    vm.irqfd({ fd, gsi: 6, flags: kvm.KVM_IRQFD_FLAG_DEASSIGN });
    vm.irqfd({ fd, gsi: 5, flags: kvm.KVM_IRQFD_FLAG_DEASSIGN });
    vm.irqfd({ fd, gsi: 7 });
    fd.signal();
    expect(pending(39)).toBe(true);
  });

  it('B1.IRQFD what was signalled before it was bound counts', () => {
    const { vm, pending } = booted();
    const fd = new EventFd();
    fd.signal();
    vm.irqfd({ fd, gsi: 5 });
    expect(pending(37)).toBe(true);
  });

  it('B1.IRQFD errors', () => {
    const { vm } = booted();
    const fd = new EventFd();
    vm.irqfd({ fd, gsi: 5 });
    const bind = (gsi: number, flags = 0, event = fd): string => code(() => vm.irqfd({ fd: event, gsi, flags }));
    expect([bind(6), bind(5)]).toEqual(['EBUSY', 'EBUSY']);
    expect([bind(4096), bind(-1), bind(1, 4), bind(1, kvm.KVM_IRQFD_FLAG_RESAMPLE), vm.checkExtension(82)]).toEqual(['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 1]);
    expect(code(() => createVm().vm.irqfd({ fd, gsi: 5 }))).toBe('EAGAIN');
  });
});

describe('B1.IRQFD with KVM_IRQFD_FLAG_RESAMPLE', () => {
  const GSI = 3;
  const INTID = 32 + GSI;
  const RESAMPLE = kvm.KVM_IRQFD_FLAG_RESAMPLE;

  /** A guest that takes level interrupts, by its CPU interface's registers. */
  function levels(): ReturnType<typeof booted> & { take(): number; end(intid: number): void; deactivate(intid: number): void } {
    const made = booted();
    const { vm, vcpu, cpus: [cpu] } = made;
    const { platform } = cpu!.guest;
    cpu!.script.push(write(GICD, 0x12), write(GICD + 0xc08, 0), write(GICD + 0x104, 0xffff_ffff), kicked);
    vcpu.run();
    expect(vm.vcpus).toHaveLength(1);
    const icc = (CRm: number, op2: number): number => sysregKey(3, 0, 12, CRm, op2);
    for (const [key, value] of [[sysregKey(3, 0, 4, 6, 0), 0xf8n], [icc(12, 7), 1n]] as const) platform.writeSystem(key, value);
    return {
      ...made, take: () => Number(platform.readSystem(icc(12, 0))), end: intid => { platform.writeSystem(icc(12, 1), BigInt(intid)); },
      deactivate: intid => { platform.writeSystem(icc(11, 1), BigInt(intid)); },
    };
  }

  it('B1.IRQFD the line stays high until the guest has served the interrupt; then it is low, and who bound it is told', () => {
    const { vm, line, take, end } = levels();
    const [fd, resamplefd] = [new EventFd(), new EventFd()];
    vm.irqfd({ fd, gsi: GSI, flags: RESAMPLE, resamplefd });
    fd.signal();
    expect([line(INTID), take(), resamplefd.read()]).toEqual([true, INTID, 0n]);
    end(INTID);
    expect([line(INTID), resamplefd.read(), take()]).toEqual([false, 1n, 1023]);
    // Of another interrupt nobody is told.
    vm.irqLine({ irq: kvm.spiLine(INTID + 1), level: true });
    expect(take()).toBe(INTID + 1);
    end(INTID + 1);
    expect(resamplefd.read()).toBe(0n);
  });

  it('B1.IRQFD a device that still wants it signals again from within; several share a line', () => {
    const { vm, take, end } = levels();
    const [a, b, ra, rb] = [new EventFd(), new EventFd(), new EventFd(), new EventFd()];
    vm.irqfd({ fd: a, gsi: GSI, flags: RESAMPLE, resamplefd: ra });
    vm.irqfd({ fd: b, gsi: GSI, flags: RESAMPLE, resamplefd: rb });
    let again = 2;
    ra.listen(() => { if (again-- > 0) a.signal(); });
    b.signal();
    for (let n = 0; n < 3; n++) {
      expect(take()).toBe(INTID);
      end(INTID);
    }
    expect([take(), ra.read(), rb.read()]).toEqual([1023, 3n, 3n]);
  });

  it('B1.IRQFD where priority drop and deactivation are separate it is the deactivation; the last one taken off lowers the line', () => {
    const { vm, line, take, end, deactivate, cpus: [cpu] } = levels();
    const [fd, resamplefd] = [new EventFd(), new EventFd()];
    vm.irqfd({ fd, gsi: GSI, flags: RESAMPLE, resamplefd });
    cpu!.guest.platform.writeSystem(sysregKey(3, 0, 12, 12, 4), 2n); // EOImode
    fd.signal();
    end(take());
    expect(resamplefd.read()).toBe(0n);
    deactivate(INTID);
    expect(resamplefd.read()).toBe(1n);
    fd.signal();
    expect(line(INTID)).toBe(true);
    vm.irqfd({ fd, gsi: GSI, flags: RESAMPLE | kvm.KVM_IRQFD_FLAG_DEASSIGN });
    expect(line(INTID)).toBe(false);
  });
});

describe('B1.SET_GSI_ROUTING', () => {
  it('B1.SET_GSI_ROUTING the table replaces pin n for number n; what has no route does nothing', () => {
    const { vm, pending } = booted();
    const [a, b] = [new EventFd(), new EventFd()];
    vm.irqfd({ fd: a, gsi: 5 });
    vm.irqfd({ fd: b, gsi: 6 });
    vm.setGsiRouting([{ gsi: 5, type: kvm.KVM_IRQ_ROUTING_IRQCHIP, irqchip: { irqchip: 0, pin: 20 } }]);
    a.signal();
    b.signal();
    expect([37, 38, 52].map(pending)).toEqual([false, false, true]);
    expect(vm.checkExtension(kvm.KVM_CAP_IRQ_ROUTING)).toBe(4096);
  });

  it('B1.SET_GSI_ROUTING a message for which there is no ITS is lost, not an error of who signals', () => {
    const { vm } = booted();
    const fd = new EventFd();
    vm.irqfd({ fd, gsi: 1 });
    vm.setGsiRouting([{ gsi: 1, type: kvm.KVM_IRQ_ROUTING_MSI, flags: 1, msi: { address: 0x808_0040n, data: 3, devid: 1 } }]);
    expect(() => fd.signal()).not.toThrow();
  });

  it('B1.SET_GSI_ROUTING errors leave the table', () => {
    const { vm, pending } = booted();
    const chip = (gsi: number, pin: number, irqchip = 0): kvm.KvmIrqRoutingEntry => ({ gsi, type: 1, irqchip: { irqchip, pin } });
    const set = (...entries: kvm.KvmIrqRoutingEntry[]): string => code(() => vm.setGsiRouting(entries));
    expect([
      set(chip(0, 988)), set(chip(0, -1)), set(chip(0, 0, 1)), set(chip(4096, 0)), set({ gsi: 0, type: 1 }), set({ gsi: 0, type: 3 }), set({ ...chip(0, 0), flags: 1 }),
      set({ gsi: 0, type: 2, flags: 2, msi: { address: 0n, data: 0 } }), set(chip(1, 1), chip(1, 2)), set(...Array.from({ length: 4097 }, () => chip(0, 0))),
    ]).toEqual(Array(10).fill('EINVAL'));
    const fd = new EventFd();
    vm.irqfd({ fd, gsi: 0 });
    fd.signal();
    expect(pending(32)).toBe(true);
    expect(set(chip(0, 987))).toBe('no error');
  });
});

describe('B1.IOEVENTFD', () => {
  const AT = 0x0900_0000;
  /** Whether a write is an exit. */
  function exits({ vcpu, cpus }: ReturnType<typeof booted>, data: number, bytes = 4, at = AT): boolean {
    cpus[0]!.script.push(write(at, data, bytes), kicked);
    const exit = vcpu.run();
    if (exit.exit_reason !== kvm.KVM_EXIT_MMIO) return false;
    vcpu.run();
    return true;
  }

  it('B1.IOEVENTFD a write with the address, length and value is no exit, but signals; others are, and reads', () => {
    const made = booted();
    const { vm, vcpu, cpus } = made;
    const [any, seven] = [new EventFd(), new EventFd()];
    vm.ioeventfd({ fd: seven, addr: AT, len: 4, datamatch: 7n, flags: kvm.KVM_IOEVENTFD_FLAG_DATAMATCH });
    vm.ioeventfd({ fd: any, addr: AT + 8, len: 0 });
    expect([exits(made, 7), exits(made, 8), exits(made, 7, 2), exits(made, 7, 4, AT + 4)]).toEqual([false, true, true, true]);
    expect([exits(made, 1, 1, AT + 8), exits(made, 2, 8, AT + 8)]).toEqual([false, false]);
    expect([seven.read(), any.read(), vcpu.stats.mmio_exit_kernel >= 3]).toEqual([1n, 2n, true]);
    cpus[0]!.script.push({ kind: 'mmio', pa: AT, bytes: 4, write: false, data: 0n });
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_MMIO);
  });

  it('B1.IOEVENTFD clashes and removal', () => {
    const made = booted();
    const { vm } = made;
    const { KVM_IOEVENTFD_FLAG_DATAMATCH: MATCH, KVM_IOEVENTFD_FLAG_DEASSIGN: REMOVE } = kvm;
    const fd = new EventFd();
    const bind = (len: number, flags: number, datamatch = 0n, addr = AT): string => code(() => vm.ioeventfd({ fd, addr, len, flags, datamatch }));
    expect([bind(4, MATCH, 7n), bind(4, MATCH, 7n), bind(4, 0), bind(0, 0), bind(4, MATCH, 8n), bind(2, MATCH, 7n)])
      .toEqual(['no error', 'EEXIST', 'EEXIST', 'EEXIST', 'no error', 'no error']);
    expect([bind(4, MATCH | REMOVE, 9n), bind(4, REMOVE), bind(4, MATCH | REMOVE, 7n), bind(4, MATCH | REMOVE, 7n)]).toEqual(['ENOENT', 'ENOENT', 'no error', 'ENOENT']);
    expect(exits(made, 7)).toBe(true);
  });

  it('B1.IOEVENTFD errors', () => {
    const { vm } = booted();
    const fd = new EventFd();
    const bind = (len: number, flags: number, addr = AT): string => code(() => vm.ioeventfd({ fd, addr, len, flags }));
    expect([bind(3, 0), bind(16, 0), bind(4, 8), bind(4, kvm.KVM_IOEVENTFD_FLAG_PIO), bind(0, 1), bind(4, 0, -4), bind(4, 0, 2 ** 53 - 1)])
      .toEqual(Array(7).fill('EINVAL'));
    for (let n = 0; n < 1000; n++) vm.ioeventfd({ fd, addr: AT + 8 * n, len: 8 });
    expect(bind(8, 0, AT + 8000)).toBe('ENOSPC');
  });
});

describe('B1.REGISTER_COALESCED_MMIO', () => {
  it('B1.REGISTER_COALESCED_MMIO writes in a zone wait, in order; a full ring makes them exits', () => {
    const { vm, vcpu, cpus } = booted();
    const zone = { addr: 0x0900_1000, size: 0x100 };
    vm.registerCoalescedMmio(zone);
    cpus[0]!.script.push(write(0x0900_1000, 0x1234, 2), write(0x0900_10fc, 5), write(0x0900_10fe, 6));
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_MMIO, phys_addr: 0x0900_10fe });
    expect(vm.drainCoalescedMmio()).toEqual([
      { phys_addr: 0x0900_1000, len: 2, data: Uint8Array.of(0x34, 0x12, 0, 0, 0, 0, 0, 0) }, { phys_addr: 0x0900_10fc, len: 4, data: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0) },
    ]);
    expect(vm.drainCoalescedMmio()).toEqual([]);
    for (let n = 0; n < 170; n++) cpus[0]!.script.push(write(0x0900_1000, n));
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_MMIO });
    expect(vm.drainCoalescedMmio()).toHaveLength(169);
    vm.unregisterCoalescedMmio(zone);
    cpus[0]!.script.push(write(0x0900_1000, 1));
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_MMIO });
  });

  it('B1.REGISTER_COALESCED_MMIO errors', () => {
    const { vm } = booted();
    const register = (addr: number, size: number, pio = 0): string => code(() => vm.registerCoalescedMmio({ addr, size, pio }));
    expect([register(0, 0), register(-1, 4), register(0, 4, 1), register(NaN, 4)]).toEqual(Array(4).fill('EINVAL'));
    expect([code(() => vm.unregisterCoalescedMmio({ addr: 0, size: 4 })), code(() => vm.unregisterCoalescedMmio({ addr: 0, size: 4, pio: 1 }))])
      .toEqual(['no error', 'EINVAL']);
  });
});
