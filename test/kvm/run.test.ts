/** The run loop with a scripted CPU: reference A4, B2 and B7. */
import { describe, expect, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { call, createVm, guest, kicked, read, startVcpus, TestAlarm, write, type TestVm } from './fake-cpu.ts';
import { code } from './error-code.ts';

const GICD = 0x0800_0000;
const GICR = 0x080a_0000;
/** A VM with a GICv3 in the order of B7, ready to run. */
function boot(vcpus = 1): TestVm & { vcpu: kvm.Vcpu; gic: kvm.KvmDevice } {
  const made = createVm();
  const gic = made.vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
  const [vcpu] = startVcpus(made.vm, vcpus);
  gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(kvm.KVM_VGIC_V3_ADDR_TYPE_DIST), BigInt(GICD));
  gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(kvm.KVM_VGIC_V3_ADDR_TYPE_REDIST), BigInt(GICR));
  gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0n, 288n);
  gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(kvm.KVM_DEV_ARM_VGIC_CTRL_INIT));
  return { ...made, vcpu: vcpu!, gic };
}

const icc = (op2: number, CRm = 12, CRn = 12): number => 0xc000 | CRn << 7 | CRm << 3 | op2;

/** Has the guest let these private interrupts through. */
function enablePrivate({ cpus }: TestVm, mask: number): void {
  const [cpu] = cpus;
  cpu!.script.push(
    write(GICD, 3), write(GICR + 0x10100, mask),
    c => { c.spec.platform.writeSystem(icc(0, 6, 4), 0xffn); c.spec.platform.writeSystem(icc(7), 1n); return guest('wfe'); },
  );
}

describe('A4 MMIO', () => {
  test('A vCPU that is initialised again forgets the access that it was waiting for', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(read(0x0900_0018, 8), kicked);
    vcpu.run();
    const { resets } = cpus[0]!;
    vcpu.init({ target: 5, features: [4] });
    expect(cpus[0]!.resets).toBe(resets + 1);
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_INTR);
    expect(cpus[0]!.answers).toEqual([]);
  });

  test('A4.24 B2.MMIO an access that no in-kernel device takes is an exit, with the bytes in memory order', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(write(0x0900_0000, 0x11223344), kicked);
    const exit = vcpu.run();
    expect(exit).toEqual({
      exit_reason: kvm.KVM_EXIT_MMIO, phys_addr: 0x0900_0000, len: 4, is_write: true, data: Uint8Array.of(0x44, 0x33, 0x22, 0x11, 0, 0, 0, 0),
    });
    expect(vcpu.stats).toMatchObject({ mmio_exit_user: 1, mmio_exit_kernel: 0 });
  });

  test('A4.2 B2.incomplete a read is completed by the next run, from data, and once only', () => {
    const { vcpu, cpus } = boot();
    const [cpu] = cpus;
    cpu!.script.push(read(0x0900_0018, 8), kicked, kicked);
    const exit = vcpu.run();
    if (exit.exit_reason !== kvm.KVM_EXIT_MMIO) throw new Error('not MMIO');
    exit.data.set([1, 2, 3, 4, 5, 6, 7, 0x88]);
    expect(cpu!.answers).toEqual([]);
    vcpu.run();
    vcpu.run();
    expect(cpu!.answers).toEqual([0x8807060504030201n]);
    expect(cpu!.events).toEqual(['run', 'complete', 'finish', 'run', 'run']);
  });

  test('A4.3 only len bytes of data count', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(read(0x0900_0018, 2), kicked);
    const exit = vcpu.run();
    if (exit.exit_reason === kvm.KVM_EXIT_MMIO) exit.data.fill(0xff);
    vcpu.run();
    expect(cpus[0]!.answers).toEqual([0xffffn]);
  });

  test('A4.1 A4.5 B2.incomplete with immediate_exit MMIO is completed and nothing is run', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(read(0x0900_0000));
    vcpu.run();
    vcpu.immediate_exit = true;
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'immediate_exit' });
    expect(cpus[0]!.events).toEqual(['run', 'complete', 'finish']);
  });

  test('A4.2 an answer by external abort replaces the data', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(read(0x0900_0000), kicked);
    expect(code(() => vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } }))).toBe('EINVAL');
    vcpu.run();
    vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } });
    vcpu.run();
    expect(cpus[0]!.events).toEqual(['run', 'abort', 'finish', 'run']);
  });

  test('A5.19 in-kernel devices are served without an exit', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(read(GICD + 0xffe8), read(GICR + 0x0008, 8), read(GICD + 0x0004), kicked);
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_INTR);
    expect(cpus[0]!.answers.slice(0, 2)).toEqual([0x3bn, 0x10n]);
    expect(Number(cpus[0]!.answers[2]! & 31n)).toBe(8);
    expect(vcpu.stats).toMatchObject({ mmio_exit_user: 0, mmio_exit_kernel: 3, exits: 4 });
  });
});

describe('A4 entry', () => {
  test('A4.33 B1.RUN never initialised: ENOEXEC for run and registers', () => {
    const { vm } = createVm();
    const vcpu = vm.createVcpu(0);
    expect(code(() => vcpu.run())).toBe('ENOEXEC');
    expect(code(() => vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.PC))).toBe('ENOEXEC');
  });

  test('A4.33 B7.order a GICv3 without INIT: EBUSY; addresses missing: ENXIO; overlapping: EINVAL', () => {
    const make = (dist: boolean, redist: bigint | undefined, init: boolean): kvm.Vcpu => {
      const { vm } = createVm();
      const gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
      const [vcpu] = startVcpus(vm);
      if (dist) gic.setAttr(0, 2n, BigInt(GICD));
      if (redist !== undefined) gic.setAttr(0, 3n, redist);
      if (init) gic.setAttr(4, 0n);
      return vcpu!;
    };
    expect(code(() => make(true, BigInt(GICR), false).run())).toBe('EBUSY');
    expect(code(() => make(false, BigInt(GICR), true).run())).toBe('ENXIO');
    expect(code(() => make(true, undefined, true).run())).toBe('ENXIO');
    expect(code(() => make(true, BigInt(GICD), true).run())).toBe('EINVAL');
  });

  test('B1.RUN a run inside a run: EBUSY', () => {
    const { vcpu, cpus } = boot();
    let inner = '';
    cpus[0]!.script.push(() => { inner = code(() => vcpu.run()); return kicked; });
    vcpu.run();
    expect(inner).toBe('EBUSY');
  });

  test('A4.7 B2.INTR a kick before a run ends it before the guest runs, once', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push({ kind: 'budget' });
    vcpu.kick();
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'kicked' });
    expect(cpus[0]!.events).toEqual([]);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'budget' });
  });

  test('A4.34 a stopped vCPU has nothing to run until its state is set', () => {
    const { vcpu, cpus } = boot();
    vcpu.setMpState(kvm.KVM_MP_STATE_STOPPED);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'idle', idle: { deadline: undefined } });
    expect(cpus[0]!.events).toEqual([]);
    vcpu.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    cpus[0]!.script.push(kicked);
    expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
    expect(code(() => vcpu.setMpState(3))).toBe('EINVAL');
  });
});

describe('A5.20 waiting', () => {
  test('WFI with nothing pending: idle, again and again, until an interrupt', () => {
    const made = boot();
    const { vcpu, vm, cpus } = made;
    cpus[0]!.script.push(
      write(GICD, 3), write(GICD + 0x104, 1 << 1),
      c => { c.spec.platform.writeSystem(icc(0, 6, 4), 0xffn); c.spec.platform.writeSystem(icc(7), 1n); return guest('wfi'); },
      kicked,
    );
    const idle = { exit_reason: kvm.KVM_EXIT_INTR, cause: 'idle', idle: { deadline: undefined } };
    expect(vcpu.run()).toEqual(idle);
    expect(vcpu.run()).toEqual(idle);
    expect(cpus[0]!.script).toHaveLength(1);
    vm.irqLine({ irq: kvm.spiLine(33), level: true });
    expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
    expect(vcpu.stats.wfi_exit_stat).toBe(1);
  });

  test('WFI with an interrupt pending goes on although PSTATE masks it', () => {
    const made = boot();
    enablePrivate(made, 1 << 20);
    made.cpus[0]!.script.push(guest('wfi'), kicked);
    made.vm.irqLine({ irq: kvm.ppiLine(0, 20), level: true });
    expect(made.vcpu.run()).toMatchObject({ cause: 'kicked' });
  });

  test('the idle deadline is the timer\'s; once reached, the guest goes on', () => {
    const made = boot();
    enablePrivate(made, 1 << kvm.VIRTUAL_PPI);
    made.cpus[0]!.script.push(
      c => { c.spec.platform.writeSystem(icc(2, 3, 14) | 3 << 11, 1000n); c.spec.platform.writeSystem(icc(1, 3, 14) | 3 << 11, 1n); return guest('wfi'); },
      kicked,
    );
    expect(made.vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'idle', idle: { deadline: 16_000n } });
    made.clock.advance(15_999);
    expect(made.vcpu.run()).toMatchObject({ cause: 'idle' });
    made.clock.advance(1);
    expect(made.vcpu.run()).toMatchObject({ cause: 'kicked' });
  });

  test('a deadline that passes while the loop decides to wait is not lost, wherever it falls', () => {
    for (let expiry = 1; expiry < 12; expiry++) {
      const made = boot();
      enablePrivate(made, 1 << kvm.VIRTUAL_PPI);
      const { clock } = made;
      made.cpus[0]!.script.push(
        c => {
          c.spec.platform.writeSystem(icc(2, 3, 14) | 3 << 11, BigInt(expiry));
          c.spec.platform.writeSystem(icc(1, 3, 14) | 3 << 11, 1n);
          // From now on a tick of the counter goes by with each look at the clock.
          Object.assign(clock, { now: () => { clock.advance(16); return clock.ns; } });
          return guest('wfi');
        },
        kicked,
      );
      let exit = made.vcpu.run();
      for (let rounds = 0; exit.exit_reason === kvm.KVM_EXIT_INTR && exit.cause === 'idle'; rounds++) {
        expect(exit.idle?.deadline).toBeDefined();
        expect(rounds).toBeLessThan(20);
        exit = made.vcpu.run();
      }
      expect(exit).toMatchObject({ cause: 'kicked' });
    }
  });

  test('the alarm makes the lines follow a timer while the guest runs', () => {
    const made = boot();
    enablePrivate(made, 1 << kvm.VIRTUAL_PPI);
    const [alarm] = made.alarms as [TestAlarm];
    let lines = [-1, -1];
    made.cpus[0]!.script.push(c => {
      c.spec.platform.writeSystem(icc(2, 3, 14) | 3 << 11, 1000n);
      c.spec.platform.writeSystem(icc(1, 3, 14) | 3 << 11, 1n);
      expect(alarm.deadline).toBe(16_000n);
      made.clock.advance(16_000);
      lines[0] = c.spec.platform.lines();
      alarm.ring();
      lines[1] = c.spec.platform.lines();
      return kicked;
    });
    made.vcpu.run();
    expect(lines).toEqual([0, 1]);
  });

  test('a vCPU that waits is runnable again when another sends it an SGI or turns it on', () => {
    const { vm, cpus } = boot(2);
    const [a, b] = vm.vcpus as [kvm.Vcpu, kvm.Vcpu];
    cpus[0]!.script.push(
      write(GICD, 3), write(GICR + 0x10100, 1 << 5),
      c => { c.spec.platform.writeSystem(icc(0, 6, 4), 0xffn); c.spec.platform.writeSystem(icc(7), 1n); return guest('wfi'); },
    );
    expect([a.runnable, b.runnable]).toEqual([true, false]);
    expect(a.run()).toMatchObject({ cause: 'idle' });
    expect(a.runnable).toBe(false);
    b.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    expect(b.runnable).toBe(true);
    cpus[1]!.script.push(c => { c.spec.platform.writeSystem(icc(5, 11), 5n << 24n | 1n); return guest('wfi'); });
    expect(b.run()).toMatchObject({ cause: 'idle' });
    expect([a.runnable, b.runnable]).toEqual([true, false]);
  });

  test('WFE yields to another vCPU that is on, and else goes on', () => {
    const { vcpu, cpus, vm } = boot(2);
    cpus[0]!.script.push(guest('wfe'), kicked, guest('wfe'));
    expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
    vm.vcpus[1]!.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'yield' });
  });
});

describe('B6 PSCI', () => {
  const x0 = (made: TestVm, kind: 'hvc' | 'smc', fn: number, ...args: bigint[]): bigint => {
    made.cpus[0]!.script.push(call(kind, fn, ...args), kicked);
    expect(made.vm.vcpus[0]!.run()).toMatchObject({ cause: 'kicked' });
    return BigInt.asIntN(64, made.cpus[0]!.guest.state.x[0]!);
  };

  test.each(['hvc', 'smc'] as const)('B6.FEATURES B6.MIGRATE_INFO_TYPE the calls that Linux makes, by %s', kind => {
    const made = boot();
    expect(x0(made, kind, 0x8400_0000)).toBe(0x10001n);
    expect(x0(made, kind, 0x8400_0006)).toBe(2n);
    expect(x0(made, kind, 0x8400_000a, 0x8000_0000n)).toBe(0n);
    expect(x0(made, kind, 0x8400_000a, 0xc400_0001n)).toBe(0n);
    expect(x0(made, kind, 0x8400_000a, 0xc400_000en)).toBe(-1n);
    expect(x0(made, kind, 0x8400_000a, 0xc400_0012n)).toBe(0n);
    expect(x0(made, kind, 0x8000_0000)).toBe(0x10001n);
    expect(x0(made, kind, 0x8000_0001, 0x8000_8000n)).toBe(-1n);
    expect(x0(made, kind, 0x8600_ff01)).toBe(0xb66f_b428n);
    expect(x0(made, kind, 0xc400_0000)).toBe(-1n);
    expect(x0(made, kind, 0)).toBe(-1n);
  });

  test('B6.CPU_ON starts a CPU that is off with entry and context; errors', () => {
    const made = boot(3);
    const [, target] = made.cpus;
    target!.guest.state.x[5] = 5n;
    made.cpus[0]!.guest.state.SCTLR_EL1 |= 1n << 25n;
    expect(x0(made, 'hvc', 0xc400_0003, 1n, 0x4008_0000n, 77n)).toBe(0n);
    expect(made.vm.vcpus[1]!.getMpState()).toBe(kvm.KVM_MP_STATE_RUNNABLE);
    const { state } = target!.guest;
    // The target resets itself before it runs, or is looked at.
    made.vm.vcpus[1]!.getOneReg(kvm.KVM_REG_ARM_CORE.PC);
    expect([state.pc, state.x[0], state.x[5], state.SCTLR_EL1 >> 25n & 1n]).toEqual([0x4008_0000n, 77n, 0n, 1n]);
    expect(target!.guest.pstate).toBe(0x3c5);
    expect(x0(made, 'hvc', 0xc400_0003, 1n, 0n, 0n)).toBe(-4n);
    expect(x0(made, 'hvc', 0xc400_0003, 0n, 0n, 0n)).toBe(-4n);
    expect(x0(made, 'hvc', 0xc400_0003, 9n, 0n, 0n)).toBe(-2n);
    expect(x0(made, 'hvc', 0xc400_0003, 1n << 62n | 2n, 0n, 0n)).toBe(-2n);
    // The 32-bit function sees the low halves of its arguments only.
    expect(x0(made, 'hvc', 0x8400_0003, 0xffff_ffff_0000_0002n, 0x1_4000_0000n, 1n)).toBe(0n);
    expect(made.vm.vcpus[2]!.getOneReg(kvm.KVM_REG_ARM_CORE.PC)).toBe(0x4000_0000n);
  });

  test('B6.AFFINITY_INFO by affinity level', () => {
    const made = boot(2);
    expect(x0(made, 'hvc', 0xc400_0004, 0n, 0n)).toBe(0n);
    expect(x0(made, 'hvc', 0xc400_0004, 1n, 0n)).toBe(1n);
    expect(x0(made, 'hvc', 0xc400_0004, 1n, 1n)).toBe(0n);
    expect(x0(made, 'hvc', 0xc400_0004, 2n, 0n)).toBe(-2n);
    expect(x0(made, 'hvc', 0xc400_0004, 0n, 4n)).toBe(-2n);
  });

  test('B6.CPU_SUSPEND is WFI that returns 0; B6.CPU_OFF does not return', () => {
    const made = boot();
    const [cpu] = made.cpus;
    cpu!.script.push(call('hvc', 0xc400_0001, 0n));
    expect(made.vcpu.run()).toMatchObject({ cause: 'idle' });
    expect(cpu!.guest.state.x[0]).toBe(0n);
    made.vcpu.init({ target: 5, features: [4] });
    cpu!.script.push(call('hvc', 0x8400_0002));
    expect(made.vcpu.run()).toMatchObject({ cause: 'idle', idle: { deadline: undefined } });
    expect(made.vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_STOPPED);
  });

  test('B6.SYSTEM_OFF B6.SYSTEM_RESET B6.SYSTEM_RESET2 B2.SYSTEM_EVENT stop all vCPUs and are system events', () => {
    for (const [fn, arg, type, data] of [
      [0x8400_0008, 0n, kvm.KVM_SYSTEM_EVENT_SHUTDOWN, []],
      [0x8400_0009, 0n, kvm.KVM_SYSTEM_EVENT_RESET, [0n]],
      [0xc400_0012, 0n, kvm.KVM_SYSTEM_EVENT_RESET, [1n]],
      [0x8400_0012, 0x8000_0001n, kvm.KVM_SYSTEM_EVENT_RESET, [1n]],
    ] as const) {
      const made = boot(2);
      made.vm.vcpus[1]!.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
      made.cpus[0]!.script.push(call('hvc', fn, arg));
      expect(made.vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_SYSTEM_EVENT, type, data });
      expect(made.vm.vcpus.map(v => v.getMpState())).toEqual([5, 5]);
      expect(BigInt.asIntN(64, made.cpus[0]!.guest.state.x[0]!)).toBe(-6n);
    }
    expect(x0(boot(), 'hvc', 0xc400_0012, 1n)).toBe(-2n);
  });

  test('PSCI 0.1 without the feature, older versions by register', () => {
    const made = createVm();
    startVcpus(made.vm, 2, false);
    made.vm.vcpus[1]!.init({ target: 5, features: [1] });
    expect(made.vm.vcpus[0]!.getOneReg(kvm.KVM_REG_ARM_PSCI_VERSION)).toBe(1n);
    expect(x0(made, 'hvc', 0x8400_0000)).toBe(-1n);
    expect(x0(made, 'hvc', 0x95c1_ba60, 1n, 0x1000n, 3n)).toBe(0n);
    expect(made.vm.vcpus[1]!.getOneReg(kvm.KVM_REG_ARM_CORE.PC)).toBe(0x1000n);
    expect(x0(made, 'hvc', 0x95c1_ba60, 1n, 0x1000n, 3n)).toBe(-2n);
    expect(code(() => made.vm.vcpus[0]!.setOneReg(kvm.KVM_REG_ARM_PSCI_VERSION, 2n))).toBe('EINVAL');
    const newer = boot();
    newer.vcpu.setOneReg(kvm.KVM_REG_ARM_PSCI_VERSION, 2n);
    expect(x0(newer, 'hvc', 0x8400_0000)).toBe(2n);
    expect(x0(newer, 'hvc', 0x8400_000a, 0x8400_0000n)).toBe(-1n);
    expect(code(() => newer.vcpu.setOneReg(kvm.KVM_REG_ARM_PSCI_VERSION, 1n))).toBe('EINVAL');
    expect(code(() => newer.vcpu.setOneReg(kvm.KVM_REG_ARM_PSCI_VERSION, 3n))).toBe('EINVAL');
  });
});

describe('B5.SMCCC_FILTER B2.HYPERCALL', () => {
  const set = (vm: kvm.Vm, base: number, nr_functions: number, action: number): string =>
    code(() => vm.setAttr(kvm.KVM_ARM_VM_SMCCC_CTRL, kvm.KVM_ARM_VM_SMCCC_FILTER, { base, nr_functions, action }));

  test('B5.SMCCC_FILTER B2.HYPERCALL calls are handled, denied, or left to the user', () => {
    const { vm, vcpu, cpus } = boot();
    const [cpu] = cpus;
    expect(set(vm, 0x8400_0000, 1, kvm.KVM_SMCCC_FILTER_DENY)).toBe('no error');
    expect(set(vm, 0x8600_0000, 0x100, kvm.KVM_SMCCC_FILTER_FWD_TO_USER)).toBe('no error');
    cpu!.script.push(call('hvc', 0x8400_0000), kicked, call('smc', 0x8600_0001, 7n), call('hvc', 0x8600_0002), call('hvc', 0x8400_0006), kicked);
    vcpu.run();
    expect(BigInt.asIntN(64, vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.X(0)))).toBe(-1n);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_HYPERCALL, nr: 0x8600_0001n, flags: kvm.KVM_HYPERCALL_EXIT_SMC });
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.X(1))).toBe(7n);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_HYPERCALL, nr: 0x8600_0002n, flags: 0 });
    vcpu.run();
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.X(0))).toBe(2n);
  });

  test('errors', () => {
    const { vm, vcpu, cpus } = boot();
    expect(code(() => vm.setAttr(1, 0, { base: 0, nr_functions: 1, action: 0 }))).toBe('ENXIO');
    expect(set(vm, 0x8400_0000, 0, 1)).toBe('EINVAL');
    expect(set(vm, 0xffff_ffff, 2, 1)).toBe('EINVAL');
    expect(set(vm, 0x8400_0000, 1, 3)).toBe('EINVAL');
    expect(set(vm, 0x7fff_ffff, 2, 1)).toBe('EEXIST');
    expect(set(vm, 0xc000_ffff, 1, 1)).toBe('EEXIST');
    expect(set(vm, 0x8400_0000, 2, 1)).toBe('no error');
    expect(set(vm, 0x8400_0001, 2, 1)).toBe('EEXIST');
    cpus[0]!.script.push(kicked);
    vcpu.run();
    expect(set(vm, 0x8500_0000, 1, 1)).toBe('EBUSY');
  });
});

describe('B2 other exits', () => {
  test('B2.DEBUG B2.INTERNAL_ERROR debug, semihosting, and what the loop does not know', () => {
    const { vcpu, cpus } = boot();
    cpus[0]!.script.push(
      { kind: 'guest', exit: { kind: 'debug', esr: 0x1_f200_0007n, far: 0x1234n } as never },
      c => { c.guest.state.x[0] = 0xffff_ffff_0000_0018n; c.guest.state.x[1] = 0x20026n; return guest('semihost'); },
      { kind: 'guest', exit: { kind: 'nonsense' } },
    );
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xf200_0007, hsr_high: 1, far: 0x1234n });
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_TESSERA_SEMIHOSTING, operation: 0x18, parameter: 0x20026n });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTERNAL_ERROR, suberror: 4 });
  });
});
