/** The order and the effects of the run loop: reference A4, A5.21, B1.SET_SIGNAL_MASK, D1, D14. */
import { describe, expect, it } from 'vitest';
import { breakInstruction, ExitEvent } from '../../src/guest/aarch64/exception.ts';
import * as kvm from '../../src/kvm/index.ts';
import * as requests from '../../src/kvm/arm64/requests.ts';
import type { RunEvent } from '../../src/kvm/arm64/run.ts';
import type { Arm64Vcpu } from '../../src/kvm/arm64/vcpu.ts';
import { KVM_REQ_TLB_FLUSH, KVM_REQ_VM_DEAD, SIGALRM, SIGUSR1 } from '../../src/kvm/requests.ts';
import { code } from './error-code.ts';
import { call, createVm, guest, kicked, startVcpus, type FakeCpu } from './fake-cpu.ts';
import { forward, HVC, mmio, RAM, realVm } from './real.ts';

interface Traced {
  readonly vm: kvm.Vm;
  readonly vcpu: kvm.Vcpu;
  readonly arch: Arm64Vcpu;
  readonly cpu: FakeCpu;
  /** What happened, in order. */
  readonly events: string[];
}

/** A vCPU without an in-kernel interrupt controller, whose run loop is written down. */
function traced(psci = true): Traced {
  const { vm, cpus } = createVm();
  const [vcpu] = startVcpus(vm, 1, psci);
  const arch = vcpu!.arch as Arm64Vcpu;
  const events: string[] = [];
  arch.trace = event => { events.push(event); };
  const { flushTlb, reset } = cpus[0]!;
  Object.assign(cpus[0]!, {
    flushTlb: () => { events.push('flushTlb'); flushTlb.call(cpus[0]); },
    reset: () => { events.push('reset'); reset.call(cpus[0]); },
  });
  return { vm, vcpu: vcpu!, arch, cpu: cpus[0]!, events };
}

const before: RunEvent[] = ['requests', 'pmu flush', 'vgic flush'];
const after: RunEvent[] = ['pmu sync', 'vgic sync', 'timer sync'];

describe('one round', () => {
  it('A4.10 A4.15 A4.16 PMU and vgic before the entry, PMU before vgic before timer behind it; one exit is counted', () => {
    const { vcpu, cpu, events, arch } = traced();
    const modes: number[] = [];
    const { trace } = arch;
    arch.trace = event => { modes.push(vcpu.control.mode); trace!(event); };
    cpu.script.push(() => { events.push('guest'); return { kind: 'budget' }; });
    vcpu.run();
    expect(events).toEqual([...before, 'enter', 'guest', 'exit', ...after]);
    expect(modes).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
    expect(vcpu.stats.exits).toBe(1);
  });

  it('A4.11 A4.12 what comes before the last look keeps the guest from being entered; everything is undone, no exit counted', () => {
    const { vcpu, cpu, events, arch } = traced();
    const { trace } = arch;
    let once = true;
    arch.trace = event => {
      trace!(event);
      if (event === 'vgic flush' && once) { once = false; vcpu.control.makeRequest(requests.KVM_REQ_IRQ_PENDING); }
    };
    cpu.script.push({ kind: 'budget' });
    vcpu.run();
    expect(events).toEqual([...before, 'not entered', ...after, ...before, 'enter', 'exit', ...after]);
    expect(vcpu.stats.exits).toBe(1);
  });

  it('A4.7 A4.12 a signal: the round is gone through once, without the guest', () => {
    const { vcpu, events } = traced();
    vcpu.kick();
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'kicked' });
    expect(events).toEqual([...before, 'not entered', ...after]);
    expect(vcpu.stats).toMatchObject({ exits: 0, signal_exits: 1 });
  });

  it('A4.14 A4.15 debug state is set up right before the guest and cleared right behind it', () => {
    const { vcpu, cpu, events } = traced();
    const seen: boolean[] = [];
    vcpu.setGuestDebug({ control: kvm.KVM_GUESTDBG_ENABLE });
    cpu.script.push(c => { seen.push(c.guest.debug.owned(breakInstruction(0)) instanceof ExitEvent); return { kind: 'budget' }; });
    vcpu.run();
    expect(events).toEqual([...before, 'debug setup', 'enter', 'exit', 'debug clear', ...after]);
    vcpu.setGuestDebug({ control: 0 });
    cpu.script.push(c => { seen.push(c.guest.debug.owned(breakInstruction(0)) instanceof ExitEvent); return { kind: 'budget' }; });
    vcpu.run();
    expect(seen).toEqual([true, false]);
  });

  it('A4.6 exit_reason is 0 while the guest runs, and untouched by immediate_exit', () => {
    const { vcpu, cpu } = traced();
    const seen: number[] = [];
    cpu.script.push(() => { seen.push(vcpu.kvm_run.exit_reason); return { kind: 'budget' }; });
    vcpu.run();
    expect([seen, vcpu.kvm_run.exit_reason]).toEqual([[0], kvm.KVM_EXIT_INTR]);
    vcpu.kvm_run.immediate_exit = true;
    vcpu.kvm_run.exit_reason = 77;
    expect(vcpu.run()).toMatchObject({ cause: 'immediate_exit' });
    expect(vcpu.kvm_run.exit_reason).toBe(77);
  });

  it('A4.23 A4.20 an exit that the loop doesn\'t know is KVM_EXIT_INTERNAL_ERROR with PC', () => {
    const { vcpu, cpu } = traced();
    cpu.guest.state.pc = 0x1234n;
    cpu.script.push(guest('nonsense' as never));
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTERNAL_ERROR, suberror: 4, data: [0x1234n] });
  });
});

describe('requests', () => {
  it('A5.21 D14.d A4.8 A4.9 in one pass, in KVM\'s order: TLB, sleep, reset, steal, PMU, suspend', () => {
    const { vcpu, arch, cpu, events } = traced();
    arch.recordSteal = () => { events.push('steal'); };
    arch.reloadPmu = () => { events.push('pmu'); };
    for (const request of [
      requests.KVM_REQ_SUSPEND, requests.KVM_REQ_RELOAD_PMU, requests.KVM_REQ_RELOAD_GICv4, requests.KVM_REQ_RECORD_STEAL,
      requests.KVM_REQ_VCPU_RESET, requests.KVM_REQ_IRQ_PENDING, requests.KVM_REQ_SLEEP, KVM_REQ_TLB_FLUSH,
    ]) vcpu.control.makeRequest(request);
    cpu.script.push({ kind: 'budget' });
    vcpu.run();
    expect(events.slice(0, 6)).toEqual(['requests', 'flushTlb', 'reset', 'steal', 'pmu', 'pmu flush']);
    expect([vcpu.control.requestPending, vcpu.stats.exits]).toEqual([false, 1]);
  });

  it('A5.21 A4.35 a dead VM comes before everything, every time', () => {
    const { vm, vcpu, events } = traced();
    vcpu.control.makeRequest(KVM_REQ_TLB_FLUSH);
    vm.kill();
    for (const time of [1, 2]) expect([time, code(() => vcpu.run())]).toEqual([time, 'EIO']);
    expect(events).toEqual(['requests', 'requests']);
    expect(vcpu.control.testRequest(KVM_REQ_VM_DEAD)).toBe(true);
  });

  it('A4.35 B6.SYSTEM_SUSPEND a suspended vCPU waits for an interrupt, then tells its user; again until it is runnable', () => {
    const { vm, vcpu, cpu } = traced();
    vcpu.setMpState(kvm.KVM_MP_STATE_SUSPENDED);
    expect(vcpu.run()).toMatchObject({ cause: 'idle' });
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_SUSPENDED);
    vm.irqLine({ irq: 0, level: 1 });
    const wakeup = { exit_reason: kvm.KVM_EXIT_SYSTEM_EVENT, type: kvm.KVM_SYSTEM_EVENT_WAKEUP, data: [] };
    expect([vcpu.run(), vcpu.run()]).toEqual([wakeup, wakeup]);
    vcpu.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    cpu.script.push(kicked);
    expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
  });

  it('B6.SYSTEM_SUSPEND is offered once it is enabled: an exit, the vCPU goes on as its user says', () => {
    const { vm, vcpu, cpu } = traced();
    const x0 = (): bigint => BigInt.asIntN(64, cpu.guest.state.x[0]!);
    cpu.script.push(call('hvc', 0x8400_000a, 0xc400_000en), kicked, call('hvc', 0xc400_000e, 1n, 2n), kicked);
    vcpu.run();
    expect(x0()).toBe(-1n);
    vcpu.run();
    expect(x0()).toBe(-1n);
    vm.enableCap({ cap: kvm.KVM_CAP_ARM_SYSTEM_SUSPEND });
    cpu.script.push(call('hvc', 0x8400_000a, 0xc400_000en), kicked, call('hvc', 0xc400_000e, 1n, 2n));
    vcpu.run();
    expect(x0()).toBe(0n);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_SYSTEM_EVENT, type: kvm.KVM_SYSTEM_EVENT_SUSPEND, data: [] });
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_RUNNABLE);
  });

  it('D14.e many kicks into the guest are one exit of it', () => {
    const { vcpu, cpu } = traced();
    cpu.script.push(
      () => {
        for (let n = 0; n < 100; n++) vcpu.control.makeRequest(requests.KVM_REQ_IRQ_PENDING);
        return { kind: 'kicked' } as const;
      },
      { kind: 'budget' },
    );
    // The script's kick is one of the engine's, without a signal.
    const { spec } = cpu;
    const run = cpu.run.bind(cpu);
    cpu.run = () => { const exit = run(); spec.control.takeSignals(); return exit; };
    expect(vcpu.run()).toMatchObject({ cause: 'budget' });
    expect(vcpu.stats).toMatchObject({ exits: 2, signal_exits: 0 });
  });
});

describe('signals', () => {
  it('B1.SET_SIGNAL_MASK A4.29 A4.32 a blocked signal interrupts nothing, stays pending, and does once it isn\'t blocked', () => {
    const { vcpu, cpu } = traced();
    cpu.script.push({ kind: 'budget' }, { kind: 'budget' }, { kind: 'budget' });
    vcpu.setSignalMask(1n << BigInt(SIGALRM - 1));
    vcpu.kick(SIGALRM);
    expect(vcpu.run()).toMatchObject({ cause: 'budget' });
    vcpu.kick(SIGUSR1);
    expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
    expect(vcpu.run()).toMatchObject({ cause: 'budget' });
    vcpu.setSignalMask();
    expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
    expect(vcpu.run()).toMatchObject({ cause: 'budget' });
    expect(code(() => vcpu.setSignalMask(1n << 64n))).toBe('EINVAL');
    expect(code(() => vcpu.setSignalMask(-1n))).toBe('EINVAL');
  });

  it('D14.c immediate_exit that is set while the guest runs ends the run', () => {
    const { vcpu, cpu } = traced();
    cpu.script.push(c => {
      vcpu.immediate_exit = true;
      expect(Atomics.load(c.spec.arena.i32, c.requestWord) & 1).toBe(1);
      return { kind: 'mmio', pa: 0x900_0000, bytes: 4, write: true, data: 1n };
    });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_MMIO });
    expect(vcpu.run()).toMatchObject({ cause: 'immediate_exit' });
  });
});

describe('A4.28 without an in-kernel interrupt controller', () => {
  const CNTV_CTL = 0xdf19, CNTV_CVAL = 0xdf1a;

  it('A4.28 B2.header a timer\'s line that changes is an exit, and device_irq_level has it; so does the fall', () => {
    const { clock, vm, cpus } = createVm();
    const [vcpu] = startVcpus(vm);
    const { platform } = cpus[0]!.spec;
    cpus[0]!.script.push(() => {
      platform.writeSystem(CNTV_CVAL, 10n);
      platform.writeSystem(CNTV_CTL, 1n);
      clock.advance(160);
      return { kind: 'mmio', pa: 0x900_0000, bytes: 4, write: true, data: 0n };
    });
    expect(vcpu!.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_MMIO });
    expect(vcpu!.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'device_irq' });
    expect(vcpu!.kvm_run.s.regs.device_irq_level).toBe(kvm.KVM_ARM_DEV_EL1_VTIMER);
    cpus[0]!.script.push(() => { platform.writeSystem(CNTV_CTL, 0n); return { kind: 'mmio', pa: 0x900_0000, bytes: 4, write: true, data: 0n }; });
    expect(vcpu!.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_MMIO });
    expect(vcpu!.kvm_run.s.regs.device_irq_level).toBe(0);
  });
});

describe('real instructions', () => {
  const VBAR = kvm.ARM64_SYS_REG(3, 0, 12, 0, 0);
  const ESR = kvm.ARM64_SYS_REG(3, 0, 5, 2, 0);

  it('A4.22 A4.23 PC behind WFI, WFE, HVC and SMC; an unknown call is -1', () => {
    // wfe; hvc #0; smc #0; smc #1; ldr w4, [x1]; wfi
    const { vcpu, pc, x, setX } = realVm([0xd503205f, HVC, 0xd4000003, 0xd4000023, 0xb9400024, 0xd503207f]);
    setX(0, 0x1234_5678);
    mmio(vcpu);
    expect([pc(), x(0)]).toEqual([RAM + 16, 0xffff_ffff_ffff_ffffn]);
    expect(vcpu.run()).toMatchObject({ cause: 'idle' });
    expect(pc()).toBe(RAM + 24);
    // WFE with an event registered goes on by itself.
    expect(vcpu.stats).toMatchObject({ wfi_exit_stat: 1, hvc_exit_stat: 3 });
  });

  it('A4.22 SMC with an immediate is no call; HVC\'s says nothing', () => {
    // hvc #1; mov x5, x0; movz x0, #0x8400, lsl #16; smc #1; ldr w4, [x1]
    const { vcpu, x, setX } = realVm([0xd4000022, 0xaa0003e5, 0xd2b08000, 0xd4000023, 0xb9400024]);
    setX(0, 0x8400_0000);
    mmio(vcpu);
    expect([x(5), x(0)]).toEqual([0x10001n, 0xffff_ffff_ffff_ffffn]);
  });

  it.each([['no instruction', 0x0000_0000, 0n], ['a register that isn\'t there: mrs x0, s3_0_c15_c0_0', 0xd538_f000, 0n], ['SVC', 0xd400_0001, 0x15n]])(
    'A4.22 A4.23 %s is the guest\'s own exception', (_what, word, ec) => {
      const { vm, vcpu, ram, pc, setX } = realVm([word]);
      vcpu.setOneReg(VBAR, BigInt(RAM + 0x1000));
      vm.arena.u32[(ram + 0x1200) >>> 2] = HVC;
      forward(vm);
      setX(0, 0x8600_0000);
      expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
      expect([pc(), vcpu.getOneReg(ESR) >> 26n]).toEqual([RAM + 0x1204, ec]);
    },
  );

  it('A4.22 code that was changed without a word is at worst the old code: nothing breaks', () => {
    const { vm, vcpu, ram, pc, setX, setPc } = realVm([0x1e60_2800]); // fadd d0, d0, d0, with floating point off
    vcpu.setOneReg(VBAR, BigInt(RAM + 0x1000));
    vm.arena.u32[(ram + 0x1200) >>> 2] = HVC;
    forward(vm);
    setX(0, 0x8600_0000);
    vcpu.run();
    expect([pc(), vcpu.getOneReg(ESR) >> 26n]).toEqual([RAM + 0x1204, 7n]);
    vm.arena.u32[ram >>> 2] = HVC;
    setPc(RAM);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    expect(pc()).toBe(RAM + 4);
  });

  it('A4.17 A4.21 an SError that is pending at a trap stays so while it is masked, and is taken before the next instruction once it isn\'t', () => {
    const real = realVm([HVC, 0xd503_44ff, 0xb940_0024], { cpu: 'max' }); // hvc #0; msr daifclr, #4; ldr w4, [x1]
    const { vm, vcpu, ram, pc, setX } = real;
    vcpu.setOneReg(VBAR, BigInt(RAM + 0x1000));
    vm.arena.u32[(ram + 0x1380) >>> 2] = 0xb900_0024; // str w4, [x1]
    forward(vm);
    setX(0, 0x8600_0000);
    vcpu.setVcpuEvents({ exception: { serror_pending: true, serror_has_esr: true, serror_esr: 0x55n } });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    expect([pc(), vcpu.getVcpuEvents().exception.serror_pending]).toEqual([RAM + 4, true]);
    expect(mmio(vcpu).is_write).toBe(true);
    expect([pc(), vcpu.getVcpuEvents().exception.serror_pending]).toEqual([RAM + 0x1380, false]);
    const esr = vcpu.getOneReg(ESR);
    expect([esr >> 26n, esr & 0xffffn, vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.ELR_EL1)]).toEqual([0x2fn, 0x55n, BigInt(RAM + 8)]);
  });

  it('A4.18 A4.19 B2.FAIL_ENTRY without AArch32 no way leads there: the user\'s PSTATE is EINVAL, the guest\'s return is illegal', () => {
    const real = realVm([0xd69f_03e0], { cpuProperties: { aarch32: false } }); // eret
    const { vm, vcpu, ram, setX, pc } = real;
    for (const mode of [0x10n, 0x13n, 0x1d3n]) expect(code(() => vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PSTATE, mode))).toBe('EINVAL');
    vcpu.setOneReg(VBAR, BigInt(RAM + 0x1000));
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.SPSR(0), 0x10n);
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.ELR_EL1, BigInt(RAM + 0x100));
    vm.arena.u32[(ram + 0x1200) >>> 2] = HVC;
    forward(vm);
    setX(0, 0x8600_0000);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    expect([pc(), vcpu.getOneReg(ESR) >> 26n]).toEqual([RAM + 0x1204, 0x0en]);
  });

  it('A4.18 with AArch32 the user may put a vCPU into User mode, and registers have 32 bits then; no other mode is EL0\'s', () => {
    const { vcpu, x, setX, pc } = realVm([]);
    const { PSTATE } = kvm.KVM_REG_ARM_CORE;
    for (const mode of [0x11n, 0x13n, 0x1fn]) expect(code(() => vcpu.setOneReg(PSTATE, mode))).toBe('EINVAL');
    setX(3, 0x1_2345_6789n);
    setX(20, 0x1_2345_6789n);
    vcpu.setOneReg(PSTATE, 0x6800_0030n);
    expect([x(3), x(20), pc(), vcpu.getOneReg(PSTATE)]).toEqual([0x2345_6789n, 0x1_2345_6789n, RAM, 0x6800_0030n]);
  });
});
