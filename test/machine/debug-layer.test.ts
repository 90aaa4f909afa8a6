/** The debug layer without a machine around it: reference A1.1, A1.24, A1.64 to A1.71. */
import { describe, expect, it } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { DebugLayer } from '../../src/machine/debug/layer.ts';
import {
  BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE, WATCHPOINT_ACCESS, WATCHPOINT_READ, WATCHPOINT_WRITE, type DebugStop,
} from '../../src/machine/index.ts';
import { code } from '../kvm/error-code.ts';
import { DATA, RAM, RAM_BYTES, realVm, type RealVm } from '../kvm/real.ts';

const NOP = 0xd503_201f;
const BRK0 = 0xd420_0000;
const { PC } = kvm.KVM_REG_ARM_CORE;

interface Rig extends RealVm {
  readonly layer: DebugLayer;
  readonly halts: number[];
  readonly controls: number[];
  told(): readonly DebugStop[];
}

/** `caps`: of debugging, in place of what the API says. */
function rig(words: readonly number[] = [NOP, NOP], caps: Record<number, number> = {}): Rig {
  const real = realVm(words);
  const halts: number[] = [];
  const controls: number[] = [];
  const check = real.vm.checkExtension.bind(real.vm);
  Object.assign(real.vm, { checkExtension: (cap: number) => caps[cap] ?? check(cap) });
  const set = real.vcpu.setGuestDebug.bind(real.vcpu);
  Object.assign(real.vcpu, { setGuestDebug: (debug: Parameters<typeof set>[0]) => { controls.push(debug.control); set(debug); } });
  let halted = false;
  let stops: readonly DebugStop[] = [];
  const host = {
    parts: { vm: real.vm, vcpus: [real.vcpu] },
    onHalted: (_cpu: number): void => {},
    halt: (cpu: number) => { halts.push(cpu); halted = true; host.onHalted(cpu); },
    resume: () => { halted = false; },
    isHalted: () => halted,
    changed: () => {},
  };
  const layer = new DebugLayer(host);
  layer.attach({ stopped: told => { stops = told; } });
  return { ...real, layer, halts, controls, told: () => stops };
}

const exit = (EC: number, more: Partial<kvm.KvmDebugExit> = {}): kvm.KvmDebugExit =>
  ({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: (EC << 26 | 0x0200_0022) >>> 0, hsr_high: 0, far: 0n, ...more });
const word = ({ vm, ram }: RealVm, at: number): number => vm.arena.u32[(ram + at - RAM) >>> 2]!;

describe('resources', () => {
  it('A1.1 A1.3 by the capabilities: none without, and no breakpoint of any kind without guest debug', () => {
    const { layer } = rig([], { 119: 0, 120: 0 });
    expect([BREAKPOINT_HARDWARE, WATCHPOINT_WRITE].map(kind => code(() => layer.insert(kind, 0n, 4)))).toEqual(['ENOBUFS', 'ENOBUFS']);
    const without = rig([], { 23: 0 });
    expect([0, 1, 2].map(kind => code(() => without.layer.insert(kind, BigInt(RAM), 4)))).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
    expect(code(() => without.layer.remove(0, BigInt(RAM), 4))).toBe('EINVAL');
  });

  it('A1.24 A1.26 other kinds ENOSYS, and nothing changed', () => {
    const { layer } = rig();
    expect([5, 99, -1].flatMap(kind => [code(() => layer.insert(kind, 0n, 4)), code(() => layer.remove(kind, 0n, 4))])).toEqual(Array(6).fill('ENOSYS'));
    expect(layer.hwDebugActive).toBe(false);
    layer.insert(WATCHPOINT_READ, BigInt(DATA), 4);
    expect(layer.hwDebugActive).toBe(true);
  });

  it('KVM is told what is there, and of nothing where nothing is', () => {
    const { layer, controls } = rig();
    const ENABLE = kvm.KVM_GUESTDBG_ENABLE | kvm.KVM_GUESTDBG_TESSERA_SHARED;
    layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM), 4);
    layer.insert(BREAKPOINT_HARDWARE, BigInt(RAM), 4);
    layer.resume(new Map([[0, { kind: 'step' }]]));
    layer.removeAll();
    layer.resume(new Map([[0, { kind: 'continue' }]]));
    expect(controls).toEqual([
      ENABLE | kvm.KVM_GUESTDBG_USE_SW_BP, ENABLE | kvm.KVM_GUESTDBG_USE_SW_BP | kvm.KVM_GUESTDBG_USE_HW,
      ENABLE | kvm.KVM_GUESTDBG_USE_SW_BP | kvm.KVM_GUESTDBG_USE_HW | kvm.KVM_GUESTDBG_SINGLESTEP, ENABLE | kvm.KVM_GUESTDBG_SINGLESTEP, 0,
    ]);
  });
});

describe('software breakpoints', () => {
  it('A1.64 A1.65 BRK #0 in memory, the word kept and put back', () => {
    const r = rig();
    r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    expect(word(r, RAM + 4)).toBe(BRK0);
    r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    r.layer.remove(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    expect(word(r, RAM + 4)).toBe(BRK0);
    r.layer.remove(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    expect(word(r, RAM + 4)).toBe(NOP);
    expect(code(() => r.layer.remove(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4))).toBe('ENOENT');
  });

  it('A1.64 A1.65 EINVAL where no memory is, for half an instruction, and where the guest wrote something else', () => {
    const r = rig();
    expect([RAM + RAM_BYTES, 0x0900_0000, RAM + 2].map(at => code(() => r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(at), 4)))).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
    r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM), 4);
    r.vm.arena.u32[r.ram >>> 2] = 0x1234;
    expect(code(() => r.layer.remove(BREAKPOINT_SOFTWARE, BigInt(RAM), 4))).toBe('EINVAL');
    expect(word(r, RAM)).toBe(0x1234);
  });

  it('A1.66 a debugger\'s accesses see and change what is behind breakpoints, in read-only memory, too; translated code is forgotten', () => {
    const r = rig([0x9100_0463, 0x9100_0463, 0x1400_0000]);
    r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    expect(r.layer.read(0, BigInt(RAM + 2), 6)).toEqual(Uint8Array.of(0, 0x91, 0x63, 4, 0, 0x91));
    expect(r.layer.write(0, BigInt(RAM + 5), Uint8Array.of(8))).toBe(true);
    expect([word(r, RAM + 4), r.layer.readPhysical(BigInt(RAM + 4), 4)]).toEqual([BRK0, Uint8Array.of(0x63, 8, 0, 0x91)]);
    r.layer.remove(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    expect(word(r, RAM + 4)).toBe(0x9100_0863);
    r.setX(3, 0);
    r.vcpu.arch.cpu.setBudget(2);
    r.vcpu.run();
    expect(r.x(3)).toBe(3n);
    const arena = r.vm.arena.alloc(4096, 4096);
    r.vm.setUserMemoryRegion({ slot: 3, flags: kvm.KVM_MEM_READONLY, guest_phys_addr: 0x1000, memory_size: 4096, userspace_addr: arena });
    expect([r.layer.write(0, 0x1ffcn, Uint8Array.of(1, 2, 3, 4)), r.vm.arena.u8[arena + 0xffc]]).toEqual([true, 1]);
    expect([r.layer.write(0, 0x1ffen, new Uint8Array(4)), r.vm.arena.u8[arena + 0xffe], r.layer.read(0, 0x1ffen, 4), r.layer.writePhysical(1n << 60n, new Uint8Array(1))])
      .toEqual([false, 3, undefined, false]);
  });
});

describe('debug exits', () => {
  it('A1.68 a step is a stop where one was asked for, else it is passed over; never the guest\'s', () => {
    const r = rig();
    expect([r.layer.exit(0, exit(0x32)), r.halts]).toEqual([true, []]);
    r.layer.resume(new Map([[0, { kind: 'step' }]]));
    expect([r.layer.exit(0, exit(0x32)), r.told()]).toEqual([true, [{ cpu: 0, reason: 'step' }]]);
  });

  it('A1.67 A1.69 A1.12 BRK and breakpoints by the PC as it is now, watchpoints by FAR: else the guest\'s', () => {
    const r = rig();
    r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM + 4), 4);
    r.layer.insert(BREAKPOINT_HARDWARE, BigInt(RAM), 4);
    r.layer.insert(WATCHPOINT_ACCESS, BigInt(DATA + 2), 3);
    for (const [EC, pc, far, stop] of [
      [0x3c, RAM, 0, undefined], [0x3c, RAM + 4, 0, 'software'], [0x30, RAM + 4, 0, undefined], [0x30, RAM, 0, 'hardware'],
      [0x34, RAM, DATA + 5, undefined], [0x34, RAM, DATA + 4, 'watchpoint'], [0x34, RAM, DATA - 8, 'watchpoint'],
    ] as const) {
      r.layer.resume(new Map([[0, { kind: 'continue' }]]));
      r.vcpu.setOneReg(PC, BigInt(pc));
      expect([EC, r.layer.exit(0, exit(EC, { far: BigInt(far) }))]).toEqual([EC, stop !== undefined]);
      if (stop) expect(r.told()).toMatchObject([{ cpu: 0, reason: stop }]);
    }
    expect(r.told()[0]!.watchpoint).toEqual({ kind: WATCHPOINT_ACCESS, address: BigInt(DATA + 2), length: 3 });
  });

  it('A1.70 A1.71 any other class is the guest\'s', () => {
    const r = rig();
    expect([r.layer.exit(0, exit(0)), r.layer.exit(0, exit(0x15)), r.halts]).toEqual([false, false, []]);
  });

  it('detached, nothing is left of it', () => {
    const r = rig();
    r.layer.insert(BREAKPOINT_SOFTWARE, BigInt(RAM), 4);
    r.layer.insert(WATCHPOINT_WRITE, BigInt(DATA), 4);
    r.layer.detach();
    expect([word(r, RAM), r.layer.hwDebugActive, r.controls.at(-1)]).toEqual([NOP, false, 0]);
  });
});
