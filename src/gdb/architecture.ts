/** What GDB has to know of a guest: its registers. Everything else in this folder works for any guest. */

/** The registers of one CPU, by KVM's ids. */
export interface RegisterAccess {
  get(id: bigint): bigint;
  /** Throws a KvmError for a value that can't be. */
  set(id: bigint, value: bigint): void;
}

/** A register as GDB knows it. */
export interface RegisterInfo {
  readonly name: string;
  readonly bits: number;
  /** One of GDB's types, or one that the feature declares. */
  readonly type?: string;
  readonly group?: string;
  read(from: RegisterAccess): bigint;
  write(to: RegisterAccess, value: bigint): void;
}

/** A part of the register set, by the name under which GDB looks for it. */
export interface RegisterFeature {
  readonly name: string;
  /** Declarations of types, as XML. */
  readonly types?: string;
  readonly registers: readonly RegisterInfo[];
}

export interface Architecture {
  /** GDB's name of it. */
  readonly name: string;
  /** Registers are numbered through in this order. */
  readonly features: readonly RegisterFeature[];
  /** So many of the first features are transferred at once (`g`); the rest one by one. */
  readonly general: number;
  /** Name of the program counter. */
  readonly pc: string;
  /** Names of the registers that GDB wants to know at each stop. */
  readonly expedited: readonly string[];
}
