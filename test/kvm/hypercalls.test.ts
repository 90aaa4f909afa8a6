/** Firmware services beside PSCI. */
import { describe, expect, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { call, createVm, kicked, startVcpus, type TestVm } from './fake-cpu.ts';

interface Started extends TestVm { readonly vcpu: kvm.Vcpu }
const start = (): Started => {
  const made = createVm();
  return { ...made, vcpu: startVcpus(made.vm)[0]! };
};

/** X0 to X3 after the call; before it they are 0xdead, but for the arguments. */
function hvc({ vcpu, cpus: [cpu] }: Started, fn: number, ...args: bigint[]): bigint[] {
  cpu!.guest.state.x.fill(0xdeadn, 0, 4);
  cpu!.script.push(call('hvc', fn, ...args), () => { vcpu.kick(); return kicked; });
  expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR });
  return [0, 1, 2, 3].map(n => BigInt.asIntN(64, vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.X(n))));
}
const x0 = (made: Started, fn: number, ...args: bigint[]): bigint => hvc(made, fn, ...args)[0]!;

describe('B5.hypercalls', () => {
  test('the calling convention: version, and what of its own calls there is', () => {
    const made = start();
    expect(x0(made, 0x8000_0000)).toBe(0x1_0001n);
    const asked = [0x8000_0000n, 0x8000_0001n, 0x8000_8000n, 0x8000_7fffn, 0x8000_3fffn, 0xc500_0020n, 0x8400_0000n];
    expect(asked.map(fn => x0(made, 0x8000_0001, fn))).toEqual([0n, 0n, -1n, -1n, -1n, 0n, -1n]);
    expect(x0(made, 0x8000_0002)).toBe(-1n);
  });

  test('random numbers: version, features, a name', () => {
    const made = start();
    expect(x0(made, 0x8400_0050)).toBe(0x1_0000n);
    const fns = [0x8400_0050n, 0x8400_0051n, 0x8400_0052n, 0x8400_0053n, 0xc400_0053n, 0x8400_0054n, 0xc400_0050n];
    expect(fns.map(fn => x0(made, 0x8400_0051, fn))).toEqual([0n, 0n, 0n, 0n, 0n, -1n, -1n]);
    const uuid = hvc(made, 0x8400_0052);
    expect(new Set(uuid).size).toBe(4);
    expect(uuid.every(word => word > 0n && word <= 0xffff_ffffn)).toBe(true);
  });

  test('random numbers: bits from the low end of X3 up, none beyond those that were asked for', () => {
    // The VM's source gives 4, always.
    const made = start();
    expect(hvc(made, 0xc400_0053, 192n)).toEqual([0n, 4n, 4n, 4n]);
    expect(hvc(made, 0xc400_0053, 131n)).toEqual([0n, 4n, 4n, 4n]);
    expect(hvc(made, 0xc400_0053, 130n)).toEqual([0n, 0n, 4n, 4n]);
    expect(hvc(made, 0xc400_0053, 1n)).toEqual([0n, 0n, 0n, 0n]);
    expect(hvc(made, 0x8400_0053, 96n)).toEqual([0n, 4n, 0n, 4n]);
    expect(hvc(made, 0x8400_0053, 32n)).toEqual([0n, 0n, 0n, 4n]);
    for (const [fn, bits] of [[0xc400_0053, 0n], [0xc400_0053, 193n], [0x8400_0053, 97n], [0x8400_0053, 0n]] as const) {
      expect(hvc(made, fn, bits)).toEqual([-2n, 0n, 0n, 0n]);
    }
  });

  test('KVM\'s own: its name, its features, and the time with the counter', () => {
    const made = start();
    expect(hvc(made, 0x8600_ff01)).toEqual([0xb66f_b428n, 0xe911_c52en, 0x564b_caa9n, 0x743a_004dn]);
    expect(x0(made, 0x8600_0000)).toBe(3n);
    made.clock.advance(3_200_000_000);
    made.vcpu.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 0x1_2345_6789n);
    const [high, low, cyclesHigh, cyclesLow] = hvc(made, 0x8600_0001, 0n) as [bigint, bigint, bigint, bigint];
    expect(high << 32n | low).toBe(1_600_000_003_000_000_000n);
    expect(cyclesHigh << 32n | cyclesLow).toBe(0x1_2345_6789n);
    expect(hvc(made, 0x8600_0001, 1n).slice(2)).toEqual([0n, 200_000_000n]);
    expect(x0(made, 0x8600_0001, 2n)).toBe(-1n);
    expect(made.vm.checkExtension(kvm.KVM_CAP_PTP_KVM)).toBe(1);
  });

  test('B3.bitmap what was taken away is not answered', () => {
    const fns = [0x8400_0050, 0xc400_0053, 0x8600_ff01, 0x8600_0000, 0x8600_0001] as const;
    const without = (...[id, value]: readonly [bigint, bigint]): bigint[] => {
      const made = start();
      made.vcpu.setOneReg(id, value);
      return fns.map(fn => x0(made, fn, 0n));
    };
    expect(without(kvm.KVM_REG_ARM_STD_BMAP, 0n)).toEqual([-1n, -1n, 0xb66f_b428n, 3n, 372_529_029n]);
    expect(without(kvm.KVM_REG_ARM_VENDOR_HYP_BMAP, 1n)).toEqual([0x1_0000n, -2n, 0xb66f_b428n, 1n, -1n]);
    expect(without(kvm.KVM_REG_ARM_VENDOR_HYP_BMAP, 0n).slice(2)).toEqual([-1n, -1n, -1n]);
    const made = start();
    made.vcpu.setOneReg(kvm.KVM_REG_ARM_STD_HYP_BMAP, 0n);
    expect([x0(made, 0xc500_0020, 0xc500_0021n), x0(made, 0x8000_0001, 0xc500_0020n)]).toEqual([-1n, -1n]);
  });
});
