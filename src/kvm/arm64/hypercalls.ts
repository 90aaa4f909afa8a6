/**
 * Services by firmware calls beside PSCI: random numbers (DEN 0098), KVM's own hypercalls (Documentation/virt/kvm/arm/
 * hypercalls.rst and ptp_kvm.rst) and paravirtualized time. Each can be taken away by its bit of the firmware registers.
 */
import { STD_HYP_PV_TIME, STD_TRNG_V1_0, VENDOR_HYP_FUNC_FEAT, VENDOR_HYP_PTP, type ServiceOwner } from './firmware.ts';
import { PV_TIME_FEATURES, PV_TIME_ST, pvtimeCall } from './pvtime.ts';
import type { Arm64Vcpu } from './vcpu.ts';

const NOT_SUPPORTED = -1n;
const SUCCESS = 0n;
const INVALID_PARAMETERS = -2n;

const TRNG_VERSION = 0x8400_0050;
const TRNG_FEATURES = 0x8400_0051;
const TRNG_GET_UUID = 0x8400_0052;
const TRNG_RND32 = 0x8400_0053;
const TRNG_RND64 = 0xc400_0053;
const TRNG_1_0 = 0x1_0000n;

const KVM_CALL_UID = 0x8600_ff01;
const KVM_FEATURES = 0x8600_0000;
const KVM_PTP = 0x8600_0001;

/** 28b46fb6-2ec5-11e9-a9ca-4b564d003a74, by which guests know KVM. */
const KVM_UID = [0xb66f_b428n, 0xe911_c52en, 0x564b_caa9n, 0x743a_004dn];
/** Names the source of our random numbers: any that nobody else has. */
const TRNG_UUID = [0x6d7b_41c9n, 0x4e15_8f02n, 0x9c03_d6b1n, 0x2a90_e857n];

/** X0 and up. */
type Answer = readonly bigint[];
type Service = (vcpu: Arm64Vcpu, fn: number) => Answer;

interface Entry {
  readonly owner: ServiceOwner;
  readonly bit: bigint;
  readonly run: Service;
}

const low32 = (value: bigint): bigint => value & 0xffff_ffffn;

const trngFeatures: Service = ({ x }) => [trngCalls.has(Number(low32(x[1]!))) ? SUCCESS : NOT_SUPPORTED];

/** As many random bits as X1 asks for, up to three registers: X1 to X3, from the high end; the rest is zero. */
const randomBits = (width: 32 | 64): Service => vcpu => {
  const bits = Number(low32(vcpu.x[1]!));
  if (bits === 0 || bits > 3 * width) return [INVALID_PARAMETERS, 0n, 0n, 0n];
  const { random } = vcpu.vm.options;
  const entropy = BigInt.asUintN(bits, (random() << 128n) | (random() << 64n) | random());
  const word = (n: number): bigint => BigInt.asUintN(width, entropy >> BigInt(n * width));
  return [SUCCESS, word(2), word(1), word(0)];
};

const trngCalls: ReadonlyMap<number, Service> = new Map<number, Service>([
  [TRNG_VERSION, () => [TRNG_1_0]],
  [TRNG_FEATURES, trngFeatures],
  [TRNG_GET_UUID, () => TRNG_UUID],
  [TRNG_RND32, randomBits(32)],
  [TRNG_RND64, randomBits(64)],
]);

/** The host's time of day in nanoseconds and the guest's counter at the same moment: of the virtual timer (0) or the physical one (1). */
const precisionTime: Service = ({ vm, timers, x }) => {
  const which = low32(x[1]!);
  if (which > 1n) return [NOT_SUPPORTED];
  const real = BigInt(Math.round(vm.options.clock.wallSeconds() * 1e6)) * 1000n;
  const cycles = timers.counter(which === 0n ? 0 : 1);
  return [real >> 32n, low32(real), cycles >> 32n, low32(cycles)];
};

const stolenTime: Service = (vcpu, fn) => [pvtimeCall(vcpu, fn)];

const calls: ReadonlyMap<number, Entry> = new Map<number, Entry>([
  ...[...trngCalls].map(([fn, run]): [number, Entry] => [fn, { owner: 'standard', bit: STD_TRNG_V1_0, run }]),
  [PV_TIME_FEATURES, { owner: 'standardHypervisor', bit: STD_HYP_PV_TIME, run: stolenTime }],
  [PV_TIME_ST, { owner: 'standardHypervisor', bit: STD_HYP_PV_TIME, run: stolenTime }],
  [KVM_CALL_UID, { owner: 'vendorHypervisor', bit: VENDOR_HYP_FUNC_FEAT, run: () => KVM_UID }],
  [KVM_FEATURES, { owner: 'vendorHypervisor', bit: VENDOR_HYP_FUNC_FEAT, run: ({ vm }) => [vm.firmware.vendorHypervisor] }],
  [KVM_PTP, { owner: 'vendorHypervisor', bit: VENDOR_HYP_PTP, run: precisionTime }],
]);

/** SMCCC_ARCH_FEATURES asks for paravirtualized time by the number of its first call. */
const SMCCC_ARCH_FEATURES = 0x8000_0001;

/** Answers the call in its registers; false where it is none of these services. */
export function serviceCall(vcpu: Arm64Vcpu, fn: number): boolean {
  const { x, vm: { firmware } } = vcpu;
  const asked = fn === SMCCC_ARCH_FEATURES && Number(low32(x[1]!)) === PV_TIME_FEATURES ? PV_TIME_FEATURES : fn;
  const call = calls.get(asked);
  if (!call) return false;
  const answer = !(firmware[call.owner] & call.bit) ? [NOT_SUPPORTED] : asked === fn ? call.run(vcpu, fn) : [SUCCESS];
  answer.forEach((value, n) => { x[n] = BigInt.asUintN(64, value); });
  return true;
}
