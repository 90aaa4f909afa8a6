/** Random arguments of API calls: often what could be right, otherwise numbers at every edge. */
import { Random } from '../../src/base/random.ts';
import { KVM_REG_ARM_CORE } from '../../src/kvm/index.ts';

const EDGES = [
  0, 1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 24, 31, 32, 63, 64, 96, 127, 128, 255, 256, 511, 512, 1019, 1024, 4095, 4096, 8192, 32763, 32764, 65535, 65536,
  2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 48, 2 ** 52, 2 ** 53 - 1, 2 ** 53, 2 ** 64, -1, -2, -4096, 0.5, NaN, Infinity, -Infinity,
];

export class Arguments {
  readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  number(...likely: readonly number[]): number {
    const { random } = this;
    if (likely.length > 0 && random.chance(0.7)) return random.pick(likely);
    if (random.chance(0.8)) return random.pick(EDGES);
    return random.chance(0.5) ? random.u32() : random.below(64);
  }

  bigint(...likely: readonly bigint[]): bigint {
    const { random } = this;
    if (likely.length > 0 && random.chance(0.7)) return random.pick(likely);
    const edge = this.number();
    if (random.chance(0.6) && Number.isInteger(edge)) return BigInt(edge);
    return random.chance(0.9) ? random.u64() : (random.u64() << 64n) | random.u64();
  }

  bytes(most: number): Uint8Array {
    return Uint8Array.from({ length: this.random.below(most + 1) }, () => this.random.u32() & 0xff);
  }

  /** Of a device's attribute: an offset, with the affinity above it. */
  attribute(): bigint {
    return this.bigint(0n, 1n, 2n, 3n, 4n, 5n, BigInt(this.random.below(0x400)) << 2n, BigInt(this.random.below(0x4000)) << 2n | 1n << 32n);
  }

  registerId(known: readonly bigint[]): bigint {
    const { random } = this;
    if (known.length > 0 && random.chance(0.7)) return random.pick(known);
    const id = random.chance(0.5) ? KVM_REG_ARM_CORE.X(random.below(40)) : 0x6030_0000_0013_0000n | BigInt(random.below(0x10000));
    return random.chance(0.2) ? id ^ (1n << BigInt(random.below(64))) : id;
  }
}
