/** How a system register is described: its encoding, who may access it, and what reading and writing it does. */
import type { Arm64Cpu } from '../cpu.ts';
import { sysregKey } from '../platform.ts';
import type { CpuState } from '../state.ts';

export type Encoding = readonly [op0: number, op1: number, CRn: number, CRm: number, op2: number];

export interface SystemRegister {
  readonly name: string;
  readonly key: number;
  /** FEAT_ without which it is UNDEFINED. */
  readonly feature: string | undefined;
  /** What EL0 may do with it. */
  readonly EL0: '' | 'R' | 'W' | 'RW';
  /** Whether what EL0 may do is trapped to EL1 now. */
  readonly trapsEL0: ((cpu: Arm64Cpu, read: boolean) => boolean) | undefined;
  /** SIMD&FP access must be enabled. */
  readonly FP: boolean;
  /** SVE access must be enabled (CPACR_EL1.ZEN alone). */
  readonly SVE: boolean;
  /** UNDEFINED now, whatever the exception level. */
  readonly undefinedNow: ((cpu: Arm64Cpu) => boolean) | undefined;
  /** Missing: a read, or a write, is UNDEFINED. */
  readonly read: ((cpu: Arm64Cpu) => bigint) | undefined;
  readonly write: ((cpu: Arm64Cpu, value: bigint) => void) | undefined;
  readonly reset: ((cpu: Arm64Cpu) => void) | undefined;
  /** What Arm64Platform answers goes before `read` and `write`. */
  readonly platformFirst: boolean;
  /** Part of the state that is saved and restored: not another view of some, nor different at every read. */
  readonly saved: boolean;
  /** Sets what `read` gives, where that isn't what `write` does. */
  readonly restore: ((cpu: Arm64Cpu, value: bigint) => void) | undefined;
}

type Access = Partial<Pick<SystemRegister, 'feature' | 'EL0' | 'trapsEL0' | 'FP' | 'SVE' | 'undefinedNow' | 'platformFirst' | 'saved' | 'restore'>>;
type Behaviour = Access & {
  read?: (cpu: Arm64Cpu) => bigint | number;
  write?: (cpu: Arm64Cpu, value: bigint) => void;
  reset?: (cpu: Arm64Cpu) => void;
};

export function register(name: string, encoding: Encoding, how: Behaviour): SystemRegister {
  const { read } = how;
  return {
    name,
    key: sysregKey(...encoding),
    feature: how.feature,
    EL0: how.EL0 ?? '',
    trapsEL0: how.trapsEL0,
    FP: how.FP ?? false,
    SVE: how.SVE ?? false,
    undefinedNow: how.undefinedNow,
    read: read && (cpu => BigInt.asUintN(64, BigInt(read(cpu)))),
    write: how.write,
    reset: how.reset,
    platformFirst: how.platformFirst ?? false,
    saved: how.saved ?? true,
    restore: how.restore,
  };
}

/** Read-only, always the same for one CPU. */
export const constant = (
  name: string,
  encoding: Encoding,
  value: bigint | ((cpu: Arm64Cpu) => bigint),
  access: Access = {},
): SystemRegister => register(name, encoding, { ...access, read: typeof value === 'function' ? value : () => value });

/** Reads as zero, ignores writes. */
export const RAZ_WI = (name: string, encoding: Encoding, access: Access = {}): SystemRegister =>
  register(name, encoding, { ...access, read: () => 0n, write: () => {} });

type FieldsOf<T> = { [K in keyof CpuState]: CpuState[K] extends T ? K : never }[keyof CpuState];
export type Field64 = FieldsOf<bigint>;
export type Field32 = FieldsOf<number>;

interface Storage extends Access {
  /** Bits that exist; the rest reads as zero. All, where it is left out. */
  readonly mask?: bigint | ((cpu: Arm64Cpu) => bigint);
  readonly reset?: bigint | ((cpu: Arm64Cpu) => bigint);
  /** Called after a write that changed something. */
  readonly changed?: (cpu: Arm64Cpu) => void;
}

/** A register that is a 64-bit field of the state, by the same name if no other is given. */
export function stored(name: string, encoding: Encoding, how: Storage = {}, field = name as Field64): SystemRegister {
  const { mask = -1n, reset = 0n, changed } = how;
  const maskOf = typeof mask === 'function' ? mask : () => mask;
  const resetOf = typeof reset === 'function' ? reset : () => reset;
  return register(name, encoding, {
    ...how,
    read: cpu => cpu.state[field],
    write: (cpu, value) => {
      const before = cpu.state[field];
      const after = BigInt.asUintN(64, value & maskOf(cpu));
      if (after === before) return;
      cpu.state[field] = after;
      changed?.(cpu);
    },
    reset: cpu => {
      cpu.state[field] = resetOf(cpu);
    },
  });
}

/** A register that is a 32-bit field of the state. */
export function stored32(name: string, encoding: Encoding, field: Field32, mask: number, access: Access = {}): SystemRegister {
  return register(name, encoding, {
    ...access,
    read: cpu => cpu.state[field],
    write: (cpu, value) => {
      cpu.state[field] = Number(value & BigInt(mask >>> 0));
    },
    reset: cpu => {
      cpu.state[field] = 0;
    },
  });
}

/** The name that assemblers give to a register without one. */
export const encodingName = (key: number): string =>
  `S${key >>> 14}_${(key >>> 11) & 7}_C${(key >>> 7) & 15}_C${(key >>> 3) & 15}_${key & 7}`;
