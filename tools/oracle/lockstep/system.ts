/** The system registers that both sides have, and which of them say what a CPU is rather than what it does. */
import type { Arm64Cpu } from '../../../src/guest/aarch64/index.ts';
import { readSP, writeSP } from '../../../src/guest/aarch64/pstate.ts';
import { getRegister, setRegister, systemRegisters } from '../../../src/guest/aarch64/sysreg/table.ts';
import type { TargetRegister } from './target.ts';

export interface SharedRegister {
  /** QEMU's name for it. */
  readonly theirs: string;
  readonly name: string;
  /** Undefined for the banked stack pointers. */
  readonly key: number | undefined;
  /** A constant of the CPU model. */
  readonly identifies: boolean;
}

const byName = new Map(systemRegisters.map(r => [r.name, r]));
const renamed: Readonly<Record<string, string>> = { AMAIR0: 'AMAIR_EL1' };
/** Time and what counts with it. */
const moving = /^CNT|^PMCCNTR/;
const identifying = /^(ID_|MVFR|MIDR|MPIDR|REVIDR|AIDR|CTR_|DCZID|CLIDR|CCSIDR|PMCEID|RVBAR)/;

export const identifies = (name: string): boolean => identifying.test(name);

export function sharedRegisters(cpu: Arm64Cpu, target: ReadonlyMap<string, TargetRegister>): SharedRegister[] {
  const shared: SharedRegister[] = [];
  for (const theirs of target.keys()) {
    if (moving.test(theirs)) continue;
    if (theirs === 'SP_EL0' || theirs === 'SP_EL1') {
      shared.push({ theirs, name: theirs, key: undefined, identifies: false });
      continue;
    }
    const r = byName.get(renamed[theirs] ?? theirs) ?? byName.get(`${theirs}_EL1`);
    if (r && getRegister(cpu, r.key) !== undefined) shared.push({ theirs, name: r.name, key: r.key, identifies: identifies(r.name) });
  }
  return shared;
}

/** FEAT_BTI's field in PSTATE and SPSR, which QEMU's max has and ours doesn't. */
const BTYPE = 0xc00n;
/**
 * Bits that may differ. Those that are RES0 on a Cortex-A57, an Armv8.0 CPU, QEMU keeps as they are written, which is
 * allowed, and we don't; in max it is features that we don't have, and the implementer in PMCR_EL0.
 */
const mayDiffer: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
  'cortex-a57': { SCTLR_EL1: 0xffff_ffff_0000_0000n, TCR_EL1: 0xffff_ff80_0000_0000n },
  max: { SCTLR_EL1: 0xffff_e000_0000_0000n, TCR_EL1: 0xfff8_0000_0000_0000n, PSTATE: BTYPE, SPSR_EL1: BTYPE, PMCR_EL0: 0xffff_0000n },
};

/** Whether a register may differ so. */
export const allowed = (model: string, name: string, ours: bigint, theirs: bigint): boolean =>
  ours === theirs || ((ours ^ theirs) & ~(mayDiffer[model]?.[name] ?? 0n)) === 0n;

/** QEMU keeps the stack pointer in use elsewhere: its bank is stale. */
export function isCurrent({ state }: Arm64Cpu, { name }: SharedRegister): boolean {
  const inUse = state.SPSel === 0 ? 'SP_EL0' : `SP_EL${state.currentEL}`;
  return name !== inUse;
}

export function readShared(cpu: Arm64Cpu, { name, key }: SharedRegister): bigint {
  if (key === undefined) return readSP(cpu.state, name === 'SP_EL0' ? 0 : 1);
  return getRegister(cpu, key) ?? 0n;
}

export function writeShared(cpu: Arm64Cpu, { name, key }: SharedRegister, value: bigint): void {
  if (key === undefined) writeSP(cpu.state, name === 'SP_EL0' ? 0 : 1, value);
  else setRegister(cpu, key, value);
}
