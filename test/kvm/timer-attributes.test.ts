/** The timers' interrupts and counters as the API's user sets them: reference B5.TIMER, B1.ARM_SET_COUNTER_OFFSET, A4.28, A4.33. */
import { describe, expect, test } from 'vitest';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, kicked, startVcpus, type FakeCpu, type TestVm } from './fake-cpu.ts';

const { KVM_ARM_VCPU_TIMER_CTRL: GROUP } = kvm;
const TIMERS = [
  kvm.KVM_ARM_VCPU_TIMER_IRQ_VTIMER, kvm.KVM_ARM_VCPU_TIMER_IRQ_PTIMER, kvm.KVM_ARM_VCPU_TIMER_IRQ_HVTIMER, kvm.KVM_ARM_VCPU_TIMER_IRQ_HPTIMER,
];
const [VTIMER, PTIMER] = TIMERS as [number, number];
const counter = (CRm: number, op2: number): number => sysregKey(3, 3, 14, CRm, op2);
const CNTPCT = counter(0, 1);
const CNTVCT = counter(0, 2);
const CNTP_CTL = counter(2, 1);
const CNTP_CVAL = counter(2, 2);
const CNTV_CTL = counter(3, 1);
const CNTV_CVAL = counter(3, 2);

function setup(vcpus = 1, gic = true): TestVm & { vcpus: kvm.Vcpu[]; device: kvm.KvmDevice | undefined } {
  const made = createVm();
  const device = gic ? made.vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3) : undefined;
  const started = startVcpus(made.vm, vcpus);
  device?.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(kvm.KVM_VGIC_V3_ADDR_TYPE_DIST), 0x0800_0000n);
  device?.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(kvm.KVM_VGIC_V3_ADDR_TYPE_REDIST), 0x080a_0000n);
  device?.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(kvm.KVM_DEV_ARM_VGIC_CTRL_INIT), 0n);
  return { ...made, vcpus: started, device };
}
const set = (vcpu: kvm.Vcpu, attr: number, irq?: bigint): string => code(() => vcpu.setAttr(GROUP, attr, irq));
const read = ({ spec }: FakeCpu, key: number): bigint => spec.platform.readSystem(key)!;
const write = ({ spec }: FakeCpu, key: number, value: bigint): boolean => spec.platform.writeSystem(key, value);

describe('B5.TIMER', () => {
  test('private interrupts, read back, the same on all vCPUs', () => {
    const { vcpus: [first, second] } = setup(2);
    expect(TIMERS.map(attr => first!.getAttr(GROUP, attr))).toEqual([27n, 30n, 28n, 26n]);
    expect([...TIMERS, 4].map(attr => first!.hasAttr(GROUP, attr))).toEqual([true, true, true, true, false]);
    expect([set(first!, VTIMER), set(first!, VTIMER, 15n), set(first!, VTIMER, 32n)]).toEqual(['EFAULT', 'EINVAL', 'EINVAL']);
    expect([set(first!, 4, 20n), code(() => first!.getAttr(GROUP, 4))]).toEqual(['ENXIO', 'ENXIO']);
    expect(set(first!, VTIMER, 20n)).toBe('no error');
    expect(second!.getAttr(GROUP, VTIMER)).toBe(20n);
  });

  test('without an interrupt controller they can be read only', () => {
    const { vcpus: [vcpu] } = setup(1, false);
    expect([set(vcpu!, VTIMER, 20n), vcpu!.getAttr(GROUP, VTIMER)]).toEqual(['EINVAL', 27n]);
  });

  test('A4.33 two timers with one interrupt are seen at the first run; after one they stay', () => {
    const { vcpus: [vcpu], cpus: [cpu] } = setup();
    expect(set(vcpu!, PTIMER, 27n)).toBe('no error');
    expect(code(() => vcpu!.run())).toBe('EINVAL');
    expect(set(vcpu!, PTIMER, 29n)).toBe('no error');
    cpu!.script.push(kicked);
    vcpu!.run();
    expect(set(vcpu!, PTIMER, 30n)).toBe('EBUSY');
  });

  test('the interrupt that was set is the one that a timer raises', () => {
    const { vcpus: [vcpu], cpus: [cpu], device } = setup();
    set(vcpu!, VTIMER, 20n);
    set(vcpu!, PTIMER, 21n);
    const lines = (): bigint => device!.getAttr(kvm.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0n);
    write(cpu!, CNTV_CTL, 1n);
    expect(lines()).toBe(1n << 20n);
    write(cpu!, CNTP_CTL, 1n);
    write(cpu!, CNTV_CTL, 0n);
    expect(lines()).toBe(1n << 21n);
  });

  test('A4.28 B4.144 without an interrupt controller both lines are in device_irq_level', () => {
    const { vcpus: [vcpu], cpus: [cpu] } = setup(1, false);
    cpu!.script.push(c => {
      write(c, CNTV_CTL, 1n);
      write(c, CNTP_CTL, 1n);
      return kicked;
    });
    vcpu!.run();
    expect(vcpu!.kvm_run.s.regs.device_irq_level).toBe(kvm.KVM_ARM_DEV_EL1_VTIMER | kvm.KVM_ARM_DEV_EL1_PTIMER);
  });
});

describe('counters', () => {
  test('B3.timer A1.51 a counter that is written on one vCPU moves on all, and with it their timers', () => {
    const { vcpus: [first], cpus: [a, b], clock } = setup(2);
    clock.advance(16_000);
    expect([a, b].map(cpu => read(cpu!, CNTVCT))).toEqual([1000n, 1000n]);
    write(b!, CNTV_CVAL, 5000n);
    write(b!, CNTV_CTL, 1n);
    expect(read(b!, CNTV_CTL)).toBe(1n);
    first!.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 6000n);
    expect([a, b].map(cpu => [read(cpu!, CNTVCT), read(cpu!, CNTPCT)])).toEqual([[6000n, 1000n], [6000n, 1000n]]);
    expect(read(b!, CNTV_CTL)).toBe(5n);
    first!.setOneReg(kvm.KVM_REG_ARM_PTIMER_CNT, 7n);
    expect([a, b].map(cpu => read(cpu!, CNTPCT))).toEqual([7n, 7n]);
    clock.advance(160);
    expect([read(b!, CNTVCT), read(b!, CNTPCT)]).toEqual([6010n, 17n]);
  });

  test('B1.ARM_SET_COUNTER_OFFSET B4.227 both counters are behind by it, and writes have no effect from then on', () => {
    const { vm, vcpus: [vcpu], cpus: [a, b], clock } = setup(2);
    expect(vm.checkExtension(kvm.KVM_CAP_COUNTER_OFFSET)).toBe(1);
    clock.advance(16_000);
    expect(code(() => vm.armSetCounterOffset({ counter_offset: 1n, reserved: 1n }))).toBe('EINVAL');
    expect(code(() => vm.armSetCounterOffset({ counter_offset: 1n << 64n }))).toBe('EINVAL');
    vm.armSetCounterOffset({ counter_offset: 400n });
    expect([a, b].flatMap(cpu => [read(cpu!, CNTVCT), read(cpu!, CNTPCT)])).toEqual([600n, 600n, 600n, 600n]);
    vcpu!.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 9n);
    vcpu!.setOneReg(kvm.KVM_REG_ARM_PTIMER_CNT, 9n);
    expect([read(a!, CNTVCT), read(a!, CNTPCT)]).toEqual([600n, 600n]);
    // A timer that is to fire at 700 fires 100 ticks on.
    write(a!, CNTP_CVAL, 700n);
    write(a!, CNTP_CTL, 1n);
    clock.advance(1600);
    expect(read(a!, CNTP_CTL)).toBe(5n);
    a!.script.push(() => {
      expect(code(() => vm.armSetCounterOffset({ counter_offset: 0n }))).toBe('EBUSY');
      return kicked;
    });
    vcpu!.run();
  });
});
