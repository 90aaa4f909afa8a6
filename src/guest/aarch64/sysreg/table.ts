/**
 * All system registers of EL0 and EL1 and how MSR and MRS reach them (AArch64.SysRegRead, AArch64.SysRegWrite): those in
 * the lists here, and those that the platform answers for.
 */
import type { Arm64Cpu } from '../cpu.ts';
import { type ExceptionEvent, fpAccessTrap, sveAccessTrap, systemRegisterTrap, undefinedInstruction } from '../exception.ts';
import { requirementMet } from '../mode.ts';
import { sysregKey } from '../platform.ts';
import { EVENT } from '../pmu/events.ts';
import { control } from './control.ts';
import { debugRegisters } from './debug.ts';
import { identification, isIdentification } from './identification.ts';
import { implementationDefined } from './implementation.ts';
import { pointerAuthenticationKeys } from './pauth.ts';
import { performanceMonitors } from './pmu.ts';
import { specialPurpose } from './pstate.ts';
import { errorRecords } from './ras.ts';
import { encodingName, type SystemRegister } from './register.ts';
import { timers } from './timer.ts';

export const systemRegisters: readonly SystemRegister[] = [
  ...identification,
  ...control,
  ...specialPurpose,
  ...timers,
  ...performanceMonitors,
  ...pointerAuthenticationKeys,
  ...debugRegisters,
  ...errorRecords,
  ...implementationDefined,
];

/** Counters can't ask for it. */
const NO_EVENT = -1;

const byKey = new Map(systemRegisters.map(r => [r.key, r]));

/** As the manual has it, or S<op0>_<op1>_C<n>_C<m>_<op2>. */
export const registerName = (key: number): string => byKey.get(key)?.name ?? encodingName(key);

export const findRegister = (key: number): SystemRegister | undefined => byKey.get(key);

export function resetSystemRegisters(cpu: Arm64Cpu): void {
  for (const r of systemRegisters) r.reset?.(cpu);
}

/** MRS. Throws an ExceptionEvent where the access isn't allowed. */
export function readRegister(cpu: Arm64Cpu, key: number, Rt: number): bigint {
  const r = accessible(cpu, key, Rt, true);
  if (r && !r.platformFirst) return r.read ? r.read(cpu) : refuse(cpu, key, Rt, true);
  return cpu.platform.readSystem(key) ?? r?.read?.(cpu) ?? refuse(cpu, key, Rt, true);
}

/** MSR (register). Throws an ExceptionEvent where the access isn't allowed. */
export function writeRegister(cpu: Arm64Cpu, key: number, Rt: number, value: bigint): void {
  const r = accessible(cpu, key, Rt, false);
  if ((!r || r.platformFirst) && cpu.platform.writeSystem(key, value)) return;
  if (!r?.write) return refuse(cpu, key, Rt, false);
  r.write(cpu, value);
  if (cpu.pmu.counting) cpu.pmu.event(writeEvents.get(key) ?? NO_EVENT);
}

/** Writes that are events. */
const writeEvents = new Map<number, number>([
  [sysregKey(3, 0, 13, 0, 1), EVENT.CID_WRITE_RETIRED],
  [sysregKey(3, 0, 2, 0, 0), EVENT.TTBR_WRITE_RETIRED],
  [sysregKey(3, 0, 2, 0, 1), EVENT.TTBR_WRITE_RETIRED],
]);

/** The register, if it is one of ours; throws where this exception level or mode may not do that to it. */
function accessible(cpu: Arm64Cpu, key: number, Rt: number, read: boolean): SystemRegister | undefined {
  const r = byKey.get(key);
  const EL0 = cpu.state.currentEL === 0;
  if (!r) {
    // The platform's registers belong to EL1.
    if (EL0) refuse(cpu, key, Rt, read);
    return undefined;
  }
  if ((r.feature !== undefined && !cpu.model.features.has(r.feature)) || r.undefinedNow?.(cpu)) refuse(cpu, key, Rt, read);
  if (EL0) {
    if (!r.EL0.includes(read ? 'R' : 'W')) throw unavailable(cpu, key, Rt, read);
    if (r.trapsEL0?.(cpu, read)) throw systemRegisterTrap(key, Rt, read);
  }
  if (r.SVE && cpu.sveTrapped()) throw sveAccessTrap();
  if (r.FP && !requirementMet(cpu.modeKey(), 'FP')) throw fpAccessTrap();
  return r;
}

function refuse(cpu: Arm64Cpu, key: number, Rt: number, read: boolean): never {
  cpu.unimplemented(() => `${read ? 'read' : 'write'} of ${registerName(key)} (${encodingName(key)})`);
  throw unavailable(cpu, key, Rt, read);
}

/** FEAT_IDST: reads of the identification space that are not allowed say what was read. */
const unavailable = (cpu: Arm64Cpu, key: number, Rt: number, read: boolean): ExceptionEvent =>
  read && isIdentification(key) && cpu.model.features.has('IDST') ? systemRegisterTrap(key, Rt, read) : undefinedInstruction();

/**
 * Reads a register to save it or for a debugger: no access rule applies. undefined: there is none, or it is no state of
 * its own.
 */
export function getRegister(cpu: Arm64Cpu, key: number): bigint | undefined {
  const r = byKey.get(key);
  if (r && !isState(cpu, r)) return undefined;
  return (!r || r.platformFirst ? cpu.platform.readSystem(key) : undefined) ?? r?.read?.(cpu);
}

/** Writes a register likewise; false where there is none that can be written. */
export function setRegister(cpu: Arm64Cpu, key: number, value: bigint): boolean {
  const r = byKey.get(key);
  if (r && !isState(cpu, r)) return false;
  if ((!r || r.platformFirst) && cpu.platform.writeSystem(key, value)) return true;
  const set = r?.restore ?? r?.write;
  set?.(cpu, value);
  return set !== undefined;
}

const isState = (cpu: Arm64Cpu, r: SystemRegister): boolean => r.saved && (r.feature === undefined || cpu.model.features.has(r.feature));
