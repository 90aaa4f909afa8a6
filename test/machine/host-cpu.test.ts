/** What the API says of the CPU that it runs guests on: reference A1.30 to A1.42. */
import { describe, expect, it } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { cpuModels, KvmError, openKvm, type ErrnoName } from '../../src/kvm/index.ts';
import { hostCpu, type HostCpu, type ScratchKvm } from '../../src/machine/host-cpu.ts';
import { supportedVectorLengths, vectorLengthsValue } from '../../src/machine/sve-lengths.ts';

const open = (cpu: 'max' | 'cortex-a57') => openKvm({ clock: new MockClock(), random: () => 4n, cpu });

interface Script {
  readonly caps?: Record<number, number>;
  readonly preferred?: number;
  readonly targets?: readonly number[];
  readonly registers?: (id: number) => bigint | undefined;
  readonly vls?: bigint;
  readonly noVm?: boolean;
}

/** An API that notes what it is asked. */
function scripted({ caps = {}, preferred, targets = [], registers = () => 0n, vls, noVm = false }: Script): { kvm: ScratchKvm; calls: string[]; made: () => number } {
  const calls: string[] = [];
  let vms = 0;
  const fail = (code: ErrnoName): never => { throw new KvmError(code, 'no'); };
  const vm = {
    createVcpu: () => ({
      init: ({ target, features: [features] }: { target: number; features: readonly [number] }) => {
        calls.push(`init ${target} ${features}`);
        if (target !== preferred && !targets.includes(target)) fail('EINVAL');
      },
      getOneReg: (id: bigint) => {
        if (id >> 48n === 0x6060n) return vls ?? fail('ENOENT');
        calls.push((id & 0xffffn).toString(16));
        return registers(Number(id & 0xffffn)) ?? fail('ENOENT');
      },
    }),
    preferredTarget: () => (preferred === undefined ? fail('ENODEV') : { target: preferred, features: [0] }),
    checkExtension: (cap: number) => caps[cap] ?? 0,
    kill: () => { calls.push('killed'); },
  };
  const kvm = { checkExtension: () => 0, createVm: () => { vms++; return noVm ? fail('ENOMEM') : vm; } } as unknown as ScratchKvm;
  return { kvm, calls, made: () => vms };
}

const ORDER = [
  'c020', 'c021', 'c028', 'c029', 'c030', 'c031', 'c038', 'c039', 'c03a', 'c00a', 'c00c', 'c00d', 'c00e', 'c00f', 'c010', 'c011', 'c012',
  'c013', 'c014', 'c015', 'c016', 'c017', 'c018', 'c019', 'c01a',
];

describe('the host\'s CPU', () => {
  it.each(['max', 'cortex-a57'] as const)('A1.31 A1.32 A1.37 A1.38 of the real API it is the model: %s', name => {
    const cpu = hostCpu(open(name))!;
    const { ID } = cpuModels[name];
    expect(cpu).toMatchObject({ target: 5, dtbCompatible: 'arm,arm-v8', aarch32Supported: false, sveSupported: name === 'max' });
    expect([...cpu.features]).toEqual(['V8', 'NEON', 'AARCH64', 'PMU', 'GENERIC_TIMER']);
    expect([cpu.id.ID_AA64ISAR0, cpu.id.ID_AA64MMFR1]).toEqual([ID['ID_AA64ISAR0_EL1'], ID['ID_AA64MMFR1_EL1'] ?? 0n]);
    expect(cpu.id.DBGDIDR).toBe(0x3516_8000n);
  });

  it('A1.30 A1.32 the VM is made for it, asked in order, and ended', () => {
    const { kvm, calls, made } = scripted({ preferred: 5, registers: n => 0xffff_ffff_0000_0000n | BigInt(n) });
    const { id } = hostCpu(kvm)!;
    expect(calls).toEqual(['init 5 0', ...ORDER, 'killed']);
    expect([made(), id.ID_AA64MMFR2, id.MVFR2, id.ID_ISAR6]).toEqual([1, 0xffff_ffff_0000_c03an, 0xc01an, 0xc017n]);
  });

  it('A1.31 without a preferred target the old ones are tried', () => {
    const { kvm, calls } = scripted({ targets: [2] });
    expect(hostCpu(kvm)?.target).toBe(2);
    expect(calls.slice(0, 3)).toEqual(['init 0 0', 'init 1 0', 'init 2 0']);
    const none = scripted({});
    expect([hostCpu(none.kvm), none.calls.at(-1), hostCpu(scripted({ noVm: true }).kvm)]).toEqual([undefined, 'killed', undefined]);
  });

  it('A1.32 A1.33 no PFR0 is the least that there is; any other that fails ends it, and the VM', () => {
    const little = scripted({ preferred: 5, registers: n => (n === 0xc020 ? undefined : 1n) });
    expect([hostCpu(little.kvm)?.id, little.calls]).toEqual([{ ID_AA64PFR0: 0x11n }, ['init 5 0', 'c020', 'killed']]);
    for (const bad of [0xc021, 0xc03a, 0xc01a]) {
      const { kvm, calls } = scripted({ preferred: 5, registers: n => (n === bad ? undefined : 0n) });
      expect([hostCpu(kvm), calls.at(-1)]).toEqual([undefined, 'killed']);
    }
  });

  it('A1.34 A1.35 DBGDIDR where EL1 has AArch32', () => {
    const of = (pfr0: bigint): HostCpu['id'] => hostCpu(scripted({ preferred: 5, registers: n => (n === 0xc020 ? pfr0 : n === 0xc028 ? 0x1030_5106n : 0n) }).kvm)!.id;
    expect([of(0x2222n), of(0x22n), of(0x1112n)].map(id => id.DBGDIDR)).toEqual([0x3516_d000n, 0x3516_8000n, 0n]);
  });

  it('A1.36 A1.38 what capabilities say: SVE, AArch32', () => {
    const cpu = hostCpu(scripted({ preferred: 5, caps: { 170: 1, 93: 1 }, registers: () => 0x7_0000_0011n }).kvm)!;
    expect(cpu).toMatchObject({ sveSupported: true, aarch32Supported: true, id: { ID_AA64PFR0: 0x1_0000_0011n } });
    expect(hostCpu(scripted({ preferred: 5, registers: () => 0x7_0000_0011n }).kvm)!.id.ID_AA64PFR0).toBe(0x7_0000_0011n);
  });
});

describe('vector lengths', () => {
  it('A1.39 A1.40 asked of one vCPU with SVE, once; what is longer than we know is left out with a word', () => {
    const { kvm, calls, made } = scripted({ preferred: 5, vls: 0x1_000fn });
    const warnings: string[] = [];
    const ask = (): bigint => supportedVectorLengths(kvm, message => warnings.push(message));
    expect([ask(), ask(), made(), warnings.length, calls]).toEqual([0xfn, 0xfn, 1, 1, ['init 5 16', 'killed']]);
    expect(supportedVectorLengths(open('max'), message => warnings.push(message))).toBe(1n);
    expect(warnings.length).toBe(1);
  });

  it('A1.41 written up to the longest that is wanted, of those that there are', () => {
    expect([vectorLengthsValue(0b1011n, 2), vectorLengthsValue(0b1011n, 16), vectorLengthsValue(0n, 4)]).toEqual([3n, 0b1011n, 0n]);
    expect(() => vectorLengthsValue(1n, 513)).toThrow(RangeError);
  });

  it('A1.42 throws where nobody says', () => {
    expect(() => supportedVectorLengths(scripted({ preferred: 5 }).kvm, () => {})).toThrow('no');
    expect(() => supportedVectorLengths(scripted({ noVm: true }).kvm, () => {})).toThrow('no virtual CPU with SVE');
    expect(() => supportedVectorLengths(open('cortex-a57'), () => {})).toThrow('no virtual CPU with SVE');
  });
});
