/**
 * TLB maintenance: ARM DDI 0487, C5.5 and D8.14. Each comes for this CPU, for the Inner Shareable and (FEAT_TLBIOS) for the
 * Outer Shareable domain; there is one domain here, the machine: the others do what this one does for itself.
 */
import type { Arm64Cpu } from '../cpu.ts';
import { sysregKey } from '../platform.ts';
import type { SystemOperation } from './operations.ts';

const TCR_DS = 1n << 59n;

type Maintain = (cpu: Arm64Cpu, value: bigint) => void;

/** An ASID in bits 63..48. A page goes from every space. */
const asid: Maintain = (cpu, value) => cpu.mmu.invalidateASID(Number((value >> 48n) & 0xffffn));
const all: Maintain = cpu => cpu.mmu.invalidateAll();
/** Bits 43..0 are VA[55:12]; the rest is an ASID and a hint of the level. */
const page: Maintain = (cpu, value) => cpu.mmu.invalidatePage((value & 0xfff_ffff_ffffn) << 12n);

/** BaseADDR in granules (36..0), TTL (38..37), NUM (43..39), SCALE (45..44), TG (47..46). */
const range: Maintain = (cpu, value) => {
  const granule = [0, 12, 14, 16][Number((value >> 46n) & 3n)] as number;
  // CONSTRAINED UNPREDICTABLE: a reserved granule, and one other than that of the tables, invalidates everything.
  if (granule === 0) return cpu.mmu.invalidateAll();
  const pages = (Number((value >> 39n) & 31n) + 1) * 2 ** (5 * Number((value >> 44n) & 3n) + 1);
  // With 52-bit addresses (TCR_EL1.DS) BaseADDR counts 64K whatever the granule.
  const unit = cpu.state.TCR_EL1 & TCR_DS ? 16 : granule;
  const va = BigInt.asUintN(56, BigInt.asIntN(37, value) << BigInt(unit));
  cpu.mmu.invalidateRange(va, granule, pages);
};

/** Names without the domain's suffix, by op2. */
const single: readonly (readonly [op2: number, name: string, operand: boolean, run: Maintain])[] = [
  [0, 'vmalle1', false, all],
  [1, 'vae1', true, page],
  [2, 'aside1', true, asid],
  [3, 'vaae1', true, page],
  [5, 'vale1', true, page],
  [7, 'vaale1', true, page],
];
const ranges: readonly (readonly [op2: number, name: string, operand: boolean, run: Maintain])[] = [
  [1, 'rvae1', true, range],
  [3, 'rvaae1', true, range],
  [5, 'rvale1', true, range],
  [7, 'rvaale1', true, range],
];

interface Domain {
  readonly suffix: string;
  readonly CRm: number;
  readonly rangeCRm: number;
  readonly feature?: string;
}

const own: Domain = { suffix: '', CRm: 7, rangeCRm: 6 };
const shareable: readonly Domain[] = [
  { suffix: 'is', CRm: 3, rangeCRm: 2 },
  { suffix: 'os', CRm: 1, rangeCRm: 5, feature: 'TLBIOS' },
];

const keyOf = (CRm: number, op2: number): number => sysregKey(1, 0, 8, CRm, op2);

/** `done` comes after the CPU's own part. */
function* instructions({ suffix, CRm, rangeCRm, feature }: Domain, done: (cpu: Arm64Cpu, ownKey: number, value: bigint) => void): Iterable<SystemOperation> {
  for (const [op2, name, operand, run] of single) {
    yield {
      name: `tlbi\t${name}${suffix}`,
      key: keyOf(CRm, op2),
      operand,
      ...(feature ? { feature } : {}),
      run: (cpu, value) => {
        run(cpu, value);
        done(cpu, keyOf(own.CRm, op2), value);
      },
    };
  }
  for (const [op2, name, operand, run] of ranges) {
    yield {
      name: `tlbi\t${name}${suffix}`,
      key: keyOf(rangeCRm, op2),
      operand,
      feature: 'TLBIRANGE',
      run: (cpu, value) => {
        run(cpu, value);
        done(cpu, keyOf(own.rangeCRm, op2), value);
      },
    };
  }
}

const ownMaintenance = [...instructions(own, () => {})];
const byKey = new Map(ownMaintenance.map(o => [o.key, o]));

export const tlbMaintenance: readonly SystemOperation[] = [
  ...ownMaintenance,
  ...shareable.flatMap(domain => [...instructions(domain, (cpu, key, value) => cpu.env.broadcast?.(key, value))]),
];

/** What another CPU broadcast: the operation without the domain, by its key. */
export function receiveMaintenance(cpu: Arm64Cpu, key: number, value: bigint): void {
  byKey.get(key)?.run(cpu, value);
}
