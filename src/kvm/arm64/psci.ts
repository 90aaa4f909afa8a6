/**
 * Firmware calls by HVC and SMC: PSCI 0.1 to 1.1 (DEN 0022) and the SMC calling convention's own queries (DEN 0028).
 * As with KVM, what isn't known here is answered with NOT_SUPPORTED.
 */
import type { KvmExit } from '../exit.ts';
import {
  KVM_EXIT_SYSTEM_EVENT, KVM_SYSTEM_EVENT_RESET, KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2, KVM_SYSTEM_EVENT_SHUTDOWN,
  KVM_SYSTEM_EVENT_SUSPEND,
} from '../numbers.ts';

export const PSCI_VERSION_0_1 = 0x1;
const PSCI_VERSION_0_2 = 0x2;
const PSCI_VERSION_1_0 = 0x10000;
export const PSCI_VERSION_1_1 = 0x10001;

const SUCCESS = 0n;
const NOT_SUPPORTED = -1n;
const INVALID_PARAMETERS = -2n;
const ALREADY_ON = -4n;
const INTERNAL_FAILURE = -6n;

const SMCCC_VERSION = 0x8000_0000;
const SMCCC_ARCH_FEATURES = 0x8000_0001;
const SMCCC_1_1 = 0x10001n;
const AFFINITY_MASK = 0xff_00ff_ffffn;
/** KVM's own numbers for PSCI 0.1, which had none: the base for CPU_SUSPEND, then CPU_OFF, CPU_ON, MIGRATE. */
const PSCI_0_1_FN = 0x95c1_ba5e;

/** A CPU as PSCI sees it. */
interface PsciCpu {
  /** Aff3 in 39:32, Aff2..Aff0 in 23:0. */
  readonly mpidr: bigint;
  readonly powerOff: boolean;
  powerDown(): void;
  /** Starts a CPU that is off at `entry` with `context` in X0; false: it is on. */
  powerUp(entry: bigint, context: bigint, bigEndian: boolean): boolean;
}

export interface PsciCaller extends PsciCpu {
  readonly psciVersion: number;
  readonly bigEndian: boolean;
  /** SYSTEM_SUSPEND is offered. */
  readonly canSuspendSystem: boolean;
  readonly x: BigUint64Array;
  readonly all: readonly PsciCpu[];
}

/** 'wait': as WFI; an exit; or nothing more to do, the guest goes on unless its CPU is off now. */
export type FirmwareOutcome = 'wait' | KvmExit | undefined;

interface Call {
  readonly caller: PsciCaller;
  /** X1 and up; 32 bits of each where the function is a 32-bit one. */
  readonly arg: (n: number) => bigint;
  /** Ends the call with this in X0. */
  readonly result: (value: bigint) => undefined;
}

type FirmwareFunction = (call: Call) => FirmwareOutcome;

const PSCI_32 = 0x8400_0000;
const PSCI_64 = 0xc400_0000;
const SYSTEM_SUSPEND = 0x0e;
type Entry = readonly [fn: number, run: FirmwareFunction];
const only32 = (id: number, run: FirmwareFunction): readonly Entry[] => [[PSCI_32 + id, run]];
/** A function with a 32-bit and a 64-bit number. */
const both = (id: number, run: FirmwareFunction): readonly Entry[] => [[PSCI_32 + id, run], [PSCI_64 + id, run]];

const psci_0_2 = new Map<number, FirmwareFunction>([
  ...only32(0x00, call => call.result(BigInt(call.caller.psciVersion))),
  ...both(0x01, suspend),
  ...only32(0x02, cpuOff),
  ...both(0x03, call => call.result(cpuOn(call, ALREADY_ON))),
  ...both(0x04, call => call.result(affinityInfo(call))),
  ...only32(0x06, call => call.result(2n)), // MIGRATE_INFO_TYPE: no trusted OS that would have to move
  ...only32(0x08, call => systemEvent(call, KVM_SYSTEM_EVENT_SHUTDOWN, [])),
  ...only32(0x09, call => systemEvent(call, KVM_SYSTEM_EVENT_RESET, [0n])),
]);

const psci_1_0 = new Map<number, FirmwareFunction>([
  ...psci_0_2, ...only32(0x0a, call => call.result(features(call))), ...both(SYSTEM_SUSPEND, systemSuspend),
]);
const psci_1_1 = new Map<number, FirmwareFunction>([...psci_1_0, ...both(0x12, systemReset2)]);

const psci_0_1 = new Map<number, FirmwareFunction>([
  [PSCI_0_1_FN + 1, cpuOff],
  [PSCI_0_1_FN + 2, call => call.result(cpuOn(call, INVALID_PARAMETERS))],
]);

const versions = new Map<number, ReadonlyMap<number, FirmwareFunction>>([
  [PSCI_VERSION_0_1, psci_0_1], [PSCI_VERSION_0_2, psci_0_2], [PSCI_VERSION_1_0, psci_1_0], [PSCI_VERSION_1_1, psci_1_1],
]);

export const isPsciVersion = (version: number): boolean => versions.has(version);

/** Answers the call whose number is in W0. */
export function firmwareCall(caller: PsciCaller): FirmwareOutcome {
  const { x } = caller;
  const fn = Number(x[0]! & 0xffff_ffffn);
  const is64 = (fn & 0x4000_0000) !== 0;
  const call: Call = {
    caller,
    arg: n => is64 || caller.psciVersion === PSCI_VERSION_0_1 ? x[n]! : x[n]! & 0xffff_ffffn,
    result: value => { x[0] = BigInt.asUintN(64, value); return undefined; },
  };
  const run = versions.get(caller.psciVersion)?.get(fn);
  if (run) return run(call);
  if (fn === SMCCC_VERSION) return call.result(SMCCC_1_1);
  if (fn === SMCCC_ARCH_FEATURES) return call.result(archFeatures(Number(call.arg(1))));
  return call.result(NOT_SUPPORTED);
}

/**
 * The workarounds for speculation are not offered: the guest sees a core of its model whose firmware has none, which is
 * also what it sees under QEMU.
 */
function archFeatures(fn: number): bigint {
  return fn === SMCCC_VERSION || fn === SMCCC_ARCH_FEATURES ? SUCCESS : NOT_SUPPORTED;
}

function suspend(call: Call): FirmwareOutcome {
  call.result(SUCCESS);
  return 'wait';
}

function cpuOff({ caller }: Call): undefined {
  caller.powerDown();
}

function cpuOn({ caller, arg }: Call, whenOn: bigint): bigint {
  const target = caller.all.find(cpu => cpu.mpidr === (arg(1) & AFFINITY_MASK));
  if (!target || arg(1) & ~AFFINITY_MASK) return INVALID_PARAMETERS;
  return target.powerUp(arg(2), arg(3), caller.bigEndian) ? SUCCESS : whenOn;
}

/** On (0) when any CPU of the affinity instance is on, else off (1). */
function affinityInfo({ caller, arg }: Call): bigint {
  const level = arg(2);
  if (level > 3n) return INVALID_PARAMETERS;
  const mask = AFFINITY_MASK & ~[0n, 0xffn, 0xffffn, 0xff_ffffn][Number(level)]!;
  const members = caller.all.filter(cpu => (cpu.mpidr & mask) === (arg(1) & mask));
  if (members.length === 0) return INVALID_PARAMETERS;
  return members.some(cpu => !cpu.powerOff) ? 0n : 1n;
}

function features({ caller, arg }: Call): bigint {
  const fn = Number(arg(1));
  if ((fn & ~(PSCI_64 ^ PSCI_32)) >>> 0 === PSCI_32 + SYSTEM_SUSPEND && !caller.canSuspendSystem) return NOT_SUPPORTED;
  return versions.get(caller.psciVersion)?.has(fn) || fn === SMCCC_VERSION ? SUCCESS : NOT_SUPPORTED;
}

/** X0 is the user's to set; where to go on after it is in X1 and X2. */
function systemSuspend(call: Call): FirmwareOutcome {
  if (!call.caller.canSuspendSystem) return call.result(NOT_SUPPORTED);
  return { exit_reason: KVM_EXIT_SYSTEM_EVENT, type: KVM_SYSTEM_EVENT_SUSPEND, data: [] };
}

function systemReset2(call: Call): FirmwareOutcome {
  const type = call.arg(1);
  // SYSTEM_WARM_RESET, or one of the vendor's: for the API's user to look at.
  if (type !== 0n && (type & 0x8000_0000n) === 0n) return call.result(INVALID_PARAMETERS);
  return systemEvent(call, KVM_SYSTEM_EVENT_RESET, [BigInt(KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2)]);
}

/** All CPUs stop. Should the API's user go on all the same, the guest sees that its call failed. */
function systemEvent(call: Call, type: number, data: readonly bigint[]): KvmExit {
  for (const cpu of call.caller.all) cpu.powerDown();
  call.result(INTERNAL_FAILURE);
  return { exit_reason: KVM_EXIT_SYSTEM_EVENT, type, data };
}
