/** Vector lengths of SVE, as KVM_REG_ARM64_SVE_VLS has them: a bit for each multiple of 16 bytes. */
import { TesseraError } from '../base/errors.ts';
import { KVM_ARM_VCPU_SVE, KVM_REG_ARM64_SVE_VLS } from '../kvm/index.ts';
import { withScratchVcpu, type ScratchKvm } from './host-cpu.ts';

/** The longest that we know, and that the register has. */
const MOST = 16;
const ALL = 512;

const known = new WeakMap<ScratchKvm, bigint>();

/** What the CPU supports; asked of a vCPU once. `warn` hears of lengths that are left out. Throws a TesseraError where nobody says. */
export function supportedVectorLengths(kvm: ScratchKvm, warn: (message: string) => void): bigint {
  const cached = known.get(kvm);
  if (cached !== undefined) return cached;
  const all = withScratchVcpu(kvm, 1 << KVM_ARM_VCPU_SVE, vcpu => vcpu.getOneReg(KVM_REG_ARM64_SVE_VLS));
  if (all === undefined) throw new TesseraError('no virtual CPU with SVE can be made to ask for its vector lengths');
  if (all >> BigInt(MOST)) warn(`vector lengths above ${MOST * 128} bits are left out`);
  const lengths = BigInt.asUintN(MOST, all);
  known.set(kvm, lengths);
  return lengths;
}

/** What is written into a vCPU whose CPU has the lengths of `map` up to `mostQuadwords` times 16 bytes. */
export function vectorLengthsValue(map: bigint, mostQuadwords: number): bigint {
  if (!Number.isInteger(mostQuadwords) || mostQuadwords < 0 || mostQuadwords > ALL) throw new RangeError(`no vector is ${mostQuadwords} times 16 bytes long`);
  return BigInt.asUintN(mostQuadwords, map);
}
