/** System registers, by the bits of their encoding. */
import type { Arm64Cpu } from '../../../guest/aarch64/cpu.ts';
import { sysregKey } from '../../../guest/aarch64/platform.ts';
import type { SystemRegister } from '../../../guest/aarch64/sysreg/register.ts';
import { getRegister, setRegister, systemRegisters } from '../../../guest/aarch64/sysreg/table.ts';
import { sysregId, sysregKeyOf } from '../numbers.ts';
import { aarch32Registers } from './aarch32.ts';
import { identificationRegisters } from './identification.ts';
import { invalid, unknown, type OneReg, type RegisterClass } from './register.ts';
import { timerRegisters } from './timer.ts';

/** Counters and timers of EL0: op0 3, op1 3, CRn 14, CRm 0 to 3. */
const isTimer = (key: number): boolean => key >>> 5 === sysregKey(3, 3, 14, 0, 0) >>> 5;
/** What is a core register. */
const core: ReadonlySet<number> = new Set([
  sysregKey(3, 0, 4, 0, 0), // SPSR_EL1
  sysregKey(3, 0, 4, 0, 1), // ELR_EL1
  sysregKey(3, 3, 4, 4, 0), // FPCR
  sysregKey(3, 3, 4, 4, 1), // FPSR
]);

/** What of the guest's table is state that can be put back. */
const isState = (r: SystemRegister): boolean =>
  r.saved && r.read !== undefined && (r.write !== undefined || r.restore !== undefined) && !core.has(r.key) && !isTimer(r.key);

const stored = (key: number): OneReg => ({
  get: vcpu => getRegister(vcpu.cpu.guest, key) ?? 0n,
  set: (vcpu, value) => { setRegister(vcpu.cpu.guest, key, value); },
});

const OSLK = 2n;

const OSLSR_EL1: OneReg = {
  get: vcpu => vcpu.cpu.guest.state.OSLSR_EL1,
  set: ({ cpu: { guest } }, value) => {
    if ((value ^ guest.state.OSLSR_EL1) & ~OSLK) throw invalid(value, 'OSLSR_EL1, of which only OSLK can be changed,');
    guest.state.OSLSR_EL1 = value;
    guest.debug.update();
  },
};

const DEBUG = 16;
const arrays = [[4, 'DBGBVR'], [5, 'DBGBCR'], [6, 'DBGWVR'], [7, 'DBGWCR']] as const;

/** KVM keeps sixteen breakpoints and watchpoints, however many the CPU has. */
const debugRegisters = arrays.flatMap(([op2, field]) =>
  Array.from({ length: DEBUG }, (_, n): [number, OneReg] => [
    sysregKey(2, 0, 0, n, op2),
    {
      get: vcpu => vcpu.cpu.guest.state[field][n]!,
      set: ({ cpu: { guest } }, value) => {
        guest.state[field][n] = value;
        guest.debug.update();
      },
    },
  ]));

const registers: ReadonlyMap<number, OneReg> = new Map<number, OneReg>([
  ...debugRegisters,
  ...systemRegisters.filter(isState).map(({ key }): [number, OneReg] => [key, stored(key)]),
  [sysregKey(2, 0, 1, 1, 4), OSLSR_EL1],
  ...identificationRegisters,
  ...aarch32Registers,
]);
const features: ReadonlyMap<number, string | undefined> = new Map(systemRegisters.map(r => [r.key, r.feature]));

function isThere(guest: Arm64Cpu, key: number): boolean {
  const feature = features.get(key);
  return feature === undefined || guest.model.features.has(feature);
}

export const systemRegisterClass: RegisterClass = {
  find({ cpu: { guest } }, id) {
    const timer = timerRegisters.get(id);
    if (timer) return timer;
    const key = sysregKeyOf(id);
    const found = key === undefined ? undefined : registers.get(key);
    if (!found || !isThere(guest, key!)) throw unknown(id);
    return found;
  },
  ids: ({ cpu: { guest } }) => [
    ...timerRegisters.keys(),
    ...[...registers.keys()].filter(key => isThere(guest, key)).map(sysregId),
  ],
};
