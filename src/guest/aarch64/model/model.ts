/** What a CPU model is, and how one is made of what its manual says and of what we have. */
import { identify } from './features.ts';

/** A core as its technical reference manual describes it, or as we describe `max`. */
export interface Part {
  readonly name: string;
  /** Of one line, for `-cpu help`. */
  readonly description: string;
  /** `compatible` of its node in the device tree. */
  readonly compatible: string;
  /** FEAT_ names without the prefix; whatever of these we have is in the model. */
  readonly features: readonly string[];
  /** Whose IMPLEMENTATION DEFINED registers it has: they go by these as others by features. */
  readonly own: readonly ('Cortex-A57' | 'DynamIQ' | 'Cortex-A76')[];
  /** Physical address bits. */
  readonly paBits: PhysicalBits;
  readonly MIDR: bigint;
  readonly CTR: bigint;
  readonly CLIDR: bigint;
  readonly CCSIDR: readonly [L1D: bigint, L1I: bigint, L2: bigint];
  /** SCTLR_EL1 after reset. */
  readonly SCTLR: bigint;
  /** PMCR_EL0 after reset: implementer, code, number of counters. */
  readonly PMCR: number;
  /** Of ID_AA64DFR0_EL1: how many there are of each. */
  readonly breakpoints: number;
  readonly watchpoints: number;
  readonly contextBreakpoints: number;
  /** ID registers of AArch32, by name: UNKNOWN without AArch32, where we keep the core's. */
  readonly AArch32: Readonly<Record<string, bigint>>;
  /** Values of the AArch64 ID registers in the manual: what the test compares with. */
  readonly documented: Readonly<Record<string, bigint>>;
}

type Core = Omit<Part, 'features' | 'documented'>;

export interface CpuModel extends Core {
  /** FEAT_ names without the prefix, and `own`. */
  readonly features: ReadonlySet<string>;
  /** Identification registers by name; those of op0 3, op1 0, CRn 0 that aren't here read as zero. */
  readonly ID: Readonly<Record<string, bigint>>;
}

/** PARange in ID_AA64MMFR0_EL1 and IPS in TCR_EL1: physical address bits. */
export const physicalSizes = [32, 36, 40, 42, 44, 48, 52] as const;
export type PhysicalBits = (typeof physicalSizes)[number];

/** What AArch32's registers say of exception levels that aren't there: Security and Virtualization, CopSDbg. */
const PFR1_EL3_EL2 = 0xf0f0n;
const DFR0_EL3 = 0xf0n;
/** DC ZVA zeroes 4 << 4 bytes. */
const DCZID = 4n;
/** Before Armv8.1 the debug architecture is version 6. */
const DEBUG_V8 = 6n;

/** What the ID registers of AArch64 say of a part with these of its features. */
export function identification(part: Core, present: ReadonlySet<string>): Record<string, bigint> {
  const ID = identify(present);
  const add = (register: string, value: bigint): void => void (ID[register] = (ID[register] ?? 0n) | value);
  add('ID_AA64MMFR0_EL1', BigInt(physicalSizes.indexOf(part.paBits)));
  const { breakpoints, watchpoints, contextBreakpoints } = part;
  add('ID_AA64DFR0_EL1', (BigInt(breakpoints - 1) << 12n) | (BigInt(watchpoints - 1) << 20n) | (BigInt(contextBreakpoints - 1) << 28n));
  if (!present.has('Debugv8p1')) add('ID_AA64DFR0_EL1', DEBUG_V8);
  return ID;
}

/** The part with these features. */
export function model(part: Part, present: ReadonlySet<string>): CpuModel {
  const { documented: _, ...core } = part;
  return { ...core, features: new Set([...present, ...part.own]), ID: allIdentification(core, present) };
}

/** The model without some features, none of which another needs. */
export function without(model: CpuModel, absent: ReadonlySet<string>): CpuModel {
  const features = new Set([...model.features].filter(name => !absent.has(name)));
  return { ...model, features, ID: allIdentification(model, features) };
}

function allIdentification(core: Core, present: ReadonlySet<string>): Record<string, bigint> {
  const { ID_PFR1_EL1 = 0n, ID_DFR0_EL1 = 0n } = core.AArch32;
  return {
    ...core.AArch32,
    ID_PFR1_EL1: ID_PFR1_EL1 & ~PFR1_EL3_EL2,
    ID_DFR0_EL1: ID_DFR0_EL1 & ~DFR0_EL3,
    ...identification(core, present),
    MIDR_EL1: core.MIDR,
    CTR_EL0: core.CTR,
    CLIDR_EL1: core.CLIDR,
    DCZID_EL0: DCZID,
  };
}
