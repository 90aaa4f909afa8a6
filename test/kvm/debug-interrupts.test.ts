/** KVM_GUESTDBG_BLOCKIRQ: single steps that interrupts don't get between. */
import { expect, it } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { RAM, realVm } from './real.ts';

const NOP = 0xd503201f;
const VBAR_EL1 = kvm.ARM64_SYS_REG(3, 0, 12, 0, 0);
const EL1h = 5n;
const IRQ_VECTOR = 0x280;
const STEP = kvm.KVM_GUESTDBG_ENABLE | kvm.KVM_GUESTDBG_SINGLESTEP;

it('B1.SET_GUEST_DEBUG an interrupt waits for the first step without it, or for the guest to run, and isn\'t lost', () => {
  for (const then of [STEP, 0]) {
    const { vm, vcpu, pc, ram } = realVm([NOP, NOP, NOP, NOP], { gic: false });
    vm.arena.u32.fill(NOP, (ram + 0x1000 + IRQ_VECTOR) >>> 2, (ram + 0x1000 + IRQ_VECTOR + 16) >>> 2);
    vcpu.setOneReg(VBAR_EL1, BigInt(RAM + 0x1000));
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PSTATE, EL1h);
    vcpu.setGuestDebug({ control: STEP | kvm.KVM_GUESTDBG_BLOCKIRQ });
    vcpu.run();
    vm.irqLine({ irq: kvm.KVM_ARM_IRQ_TYPE_CPU << 24, level: true });
    for (let n = 0; n < 5 && pc() !== RAM + 12; n++) vcpu.run();
    expect(pc()).toBe(RAM + 12);
    vcpu.setGuestDebug({ control: then });
    vcpu.arch.cpu.setBudget(1);
    for (let n = 0; n < 2 && pc() === RAM + 12; n++) vcpu.run();
    // The first instruction of the handler has been done.
    expect(pc() - (RAM + 0x1000 + IRQ_VECTOR)).toBeLessThanOrEqual(4);
    expect(Number(vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.ELR_EL1))).toBe(RAM + 12);
  }
});
