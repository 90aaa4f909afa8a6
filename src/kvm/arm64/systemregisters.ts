/** A system register outside the CPU: what an MRS gives and an MSR does. Missing: the access is UNDEFINED. */
export interface SystemRegister {
  readonly read?: () => bigint;
  readonly write?: (value: bigint) => void;
}

export type SystemRegisters = ReadonlyMap<number, SystemRegister>;
