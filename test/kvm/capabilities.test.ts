/** What there is, by capabilities; and what there is not: its capability is 0, and no call or exit of it exists. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { cpuModels } from '../../src/guest/aarch64/index.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, guest, startVcpus } from './fake-cpu.ts';

const values = (caps: readonly number[], model: keyof typeof cpuModels = 'cortex-a57'): number[] => {
  const { kvm: dev, vm } = createVm(silentLog, model);
  const system = caps.map(cap => dev.checkExtension(cap));
  expect(caps.map(cap => vm.checkExtension(cap))).toEqual(system);
  return system;
};

describe('capabilities', () => {
  test('B4.common by Linux\'s numbers', () => {
    const present = [3, 9, 14, 16, 21, 25, 30, 32, 36, 70, 77, 81, 89, 98, 105, 131, 136];
    expect(values(present).every(value => value > 0)).toBe(true);
    expect(values([10, 66, 128])).toEqual([32764, 512, 512]);
    expect(values([168])).toEqual([3]);
    expect(values([-1, 1.5, 4, 7, 11, 2 ** 31, 10_000])).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test('B4.arm64 by Linux\'s numbers', () => {
    const present = [0, 41, 87, 88, 101, 102, 126, 127, 144, 174, 177, 178, 187, 198, 215, 216, 227, 230];
    expect(values(present).map((value, n) => (value > 0 ? 0 : present[n])).filter(Boolean)).toEqual([]);
    expect(values([165])).toEqual([48]);
    expect(values([119])).toEqual([cpuModels['cortex-a57'].breakpoints]);
    expect(values([158, 171, 172])).toEqual([0, 0, 0]);
    expect(values([158, 171, 172], 'max')).toEqual([1, 1, 1]);
  });

  test('B4.SVE as the CPU model has it', () => {
    const SVE = 170;
    expect([values([SVE], 'max'), values([SVE], 'neoverse-n1')]).toEqual([[1], [0]]);
  });

  test('B4.AArch32 and what else is not here', () => {
    const EL1_32BIT = 93, MTE = 205, EAGER_SPLIT = 228, EL2 = 240;
    expect(values([EL1_32BIT, MTE, EAGER_SPLIT, EL2], 'max')).toEqual([0, 0, 0, 0]);
  });
});

describe('what is not here', () => {
  const calls = (): readonly string[] => {
    const { kvm: dev, vm } = createVm();
    return [dev, vm, startVcpus(vm)[0]!].flatMap(object => Object.getOwnPropertyNames(Object.getPrototypeOf(object)));
  };

  test('B1.GET_REGS B1.GET_SREGS B1.GET_FPU B1.INTERRUPT arm64 has none of them: registers go by getOneReg, interrupts by irqLine', () => {
    const names = calls();
    expect(names).toContain('getOneReg');
    for (const name of ['getRegs', 'setRegs', 'getSregs', 'setSregs', 'getFpu', 'setFpu', 'interrupt']) expect(names).not.toContain(name);
  });

  test('B1.SET_USER_MEMORY_REGION2 B1.MEMORY_ATTRIBUTES B2.MEMORY_FAULT memory that only the guest sees: 0', () => {
    const USER_MEMORY2 = 231, MEMORY_FAULT_INFO = 232, MEMORY_ATTRIBUTES = 233, GUEST_MEMFD = 234;
    expect(values([USER_MEMORY2, MEMORY_FAULT_INFO, MEMORY_ATTRIBUTES, GUEST_MEMFD])).toEqual([0, 0, 0, 0]);
    const { vm } = createVm();
    const guestMemfd = 4;
    expect(code(() => vm.setUserMemoryRegion({ slot: 0, flags: guestMemfd, guest_phys_addr: 0, memory_size: 4096, userspace_addr: 4096 }))).toBe('EINVAL');
  });

  test('B1.RESET_DIRTY_RINGS B2.DIRTY_RING_FULL rings: 0; dirty pages go by bitmaps', () => {
    const DIRTY_LOG_RING = 192, DIRTY_LOG_RING_ACQ_REL = 223;
    expect(values([DIRTY_LOG_RING, DIRTY_LOG_RING_ACQ_REL])).toEqual([0, 0]);
    expect(calls()).not.toContain('resetDirtyRings');
  });

  test('B1.ARM_MTE_COPY_TAGS memory tags: 0, and the CPU has none', () => {
    const MTE = 205;
    expect(values([MTE], 'max')).toEqual([0]);
    const [vcpu] = startVcpus(createVm(silentLog, 'max').vm);
    expect(vcpu!.getOneReg(kvm.ARM64_SYS_REG(3, 0, 0, 4, 1)) >> 8n & 15n).toBe(0n);
  });

  test('B2.ARM_SEA B2.ARM_LDST64B no hardware breaks, and no CPU has 64-byte accesses', () => {
    const SEA_TO_USER = 245;
    expect(values([SEA_TO_USER])).toEqual([0]);
    const [vcpu] = startVcpus(createVm(silentLog, 'max').vm);
    expect(vcpu!.getOneReg(kvm.ARM64_SYS_REG(3, 0, 0, 6, 1)) >> 60n & 15n).toBe(0n);
  });

  test('B1.GET_VCPU_MMAP_SIZE B2.header B2.UNKNOWN the run structure is an object; its reason is the exit\'s', () => {
    const { vm, cpus } = createVm();
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(calls()).not.toContain('getVcpuMmapSize');
    expect(vcpu.kvm_run).toMatchObject({ exit_reason: kvm.KVM_EXIT_UNKNOWN, immediate_exit: false, flags: 0, s: { regs: { device_irq_level: 0 } } });
    cpus[0]!.script.push(guest('semihost'));
    vcpu.run();
    expect(vcpu.kvm_run.exit_reason).toBe(kvm.KVM_EXIT_TESSERA_SEMIHOSTING);
    vcpu.kvm_run.immediate_exit = true;
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'immediate_exit' });
  });

  test('B2.SHUTDOWN a guest that powers off is a system event', () => {
    const { vm, cpus } = createVm();
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    cpus[0]!.script.push(cpu => { cpu.guest.state.x[0] = 0x8400_0008n; return guest('hvc'); });
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_SYSTEM_EVENT);
  });
});

describe('B1.GET_STATS_FD', () => {
  /** By name: flags and value. */
  function read(fd: kvm.StatsFd): { readonly id: string; readonly all: Record<string, readonly [flags: number, value: number]> } {
    const bytes = (from: number, count: number): DataView => {
      const part = new Uint8Array(count);
      expect(fd.pread(part, from)).toBe(count);
      return new DataView(part.buffer);
    };
    const text = (view: DataView, at: number): string => new TextDecoder().decode(new Uint8Array(view.buffer, at)).replace(/\0.*$/s, '');
    const header = bytes(0, 24);
    const [flags, nameSize, count, id, descriptions, data] = [0, 4, 8, 12, 16, 20].map(at => header.getUint32(at, true)) as [number, number, number, number, number, number];
    expect(flags).toBe(0);
    const all = Array.from({ length: count }, (_, n) => {
      const one = bytes(descriptions + n * (16 + nameSize), 16 + nameSize);
      expect([one.getInt16(4, true), one.getUint16(6, true), one.getUint32(12, true)]).toEqual([0, 1, 0]);
      return [text(one, 16), [one.getUint32(0, true), Number(bytes(data + one.getUint32(8, true), 8).getBigUint64(0, true))]] as const;
    });
    return { id: text(bytes(id, nameSize), 0), all: Object.fromEntries(all) };
  }

  test('A5.13 a descriptor gives header, id, descriptions and values, wherever it is read', () => {
    expect(values([203])).toEqual([1]);
    const { vm, cpus } = createVm();
    const [, second] = startVcpus(vm, 2) as [kvm.Vcpu, kvm.Vcpu];
    const fd = second.getStatsFd();
    second.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    cpus[1]!.script.push(guest('wfe'));
    second.run();
    const { id, all } = read(fd);
    expect(id).toBe('kvm/vcpu-1');
    const cumulative = kvm.KVM_STATS_TYPE_CUMULATIVE | kvm.KVM_STATS_UNIT_NONE | kvm.KVM_STATS_BASE_POW10;
    expect(all).toMatchObject({ exits: [cumulative, second.stats.exits], wfe_exit_stat: [0, 1], mmio_exit_user: [0, 0], blocking: [0x41, 0] });
    expect(second.stats.exits).toBeGreaterThan(0);
    expect(read(vm.getStatsFd())).toMatchObject({ id: 'kvm', all: { remote_tlb_flush: [0, 0], remote_tlb_flush_requests: [0, 0] } });
    expect([fd.pread(new Uint8Array(8), 1e6), fd.pread(new Uint8Array(1e6), 24)]).toEqual([0, 48 + 8 * 64 + 8 * 8]);
    expect(code(() => fd.pread(new Uint8Array(8), -1))).toBe('EINVAL');
  });

  test('A5.13 statistics are an object, too: exits by what they were for', () => {
    const { vm, cpus } = createVm();
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(vcpu.stats).toEqual({
      exits: 0, mmio_exit_user: 0, mmio_exit_kernel: 0, wfi_exit_stat: 0, wfe_exit_stat: 0, hvc_exit_stat: 0, signal_exits: 0,
    });
    cpus[0]!.script.push(cpu => { cpu.guest.state.x[0] = 0x8400_0000n; return guest('hvc'); }, guest('wfe'), guest('wfi'));
    expect(vcpu.run()).toMatchObject({ cause: 'idle' });
    expect(vcpu.stats).toMatchObject({ exits: 3, hvc_exit_stat: 1, wfe_exit_stat: 1, wfi_exit_stat: 1, signal_exits: 0 });
  });
});

describe('B1.TRANSLATE', () => {
  test('with the MMU off an address is itself, up to the end of physical addresses', () => {
    const { vm } = createVm();
    const fresh = vm.createVcpu(0);
    expect(code(() => fresh.translate(0n))).toBe('ENOEXEC');
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(vcpu.translate(0x4000_1234n)).toBe(0x4000_1234);
    expect(vcpu.translate(1n << 50n)).toBeUndefined();
  });
});
