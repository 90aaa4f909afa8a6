/**
 * Register states and memory contents for tests, from a seed. Golden vectors record only the seed: a change here means
 * that they must be recorded anew (`node tools/oracle/powerpc/record.ts`).
 */
import { Random } from '../../../src/base/random.ts';
import { address, dataArea as littleEndianArea, integer, lanes, laneValue, target } from '../../engines/inputs.ts';
import { type State, type VariantName, variants } from './engine.ts';

const SO_OV_CA = 0xe000_0000;
const OV32_CA32 = 0x000c_0000;
/** XER's last bits: how many bytes lswx and stswx move. */
const BYTES = 0x7f;

/** FPSCR: rounding mode and non-IEEE mode in the lowest bits, exception enables above them, status in the rest. */
const RN = 3;
const NI = 4;
const STATUS = 0x9fff_f700;
const ENABLES = 0xf8;
const INVALID_OPERATIONS = 0x01f8_0700;
const VX = 0x2000_0000;

/** Even seeds give integers, odd ones mostly addresses in the general registers. */
export function stateOf(variant: VariantName, seed: number): State {
  const { bits } = variants[variant];
  const random = new Random(seed);
  const general = seed % 2 === 0
    ? () => (random.chance(1 / 16) ? target(random) : integer(random))
    : () => address(random);
  const register = (): bigint => BigInt.asUintN(bits, general());
  const lane = random.pick([8, 16, 32, 64] as const);
  const double = random.chance(0.8);
  return {
    gpr: Array.from({ length: 32 }, register),
    cr: random.u32(),
    xer: (random.u32() & (bits === 64 ? SO_OV_CA | OV32_CA32 : SO_OV_CA) | (random.chance(0.5) ? random.below(40) : random.u32() & BYTES)) >>> 0,
    lr: BigInt.asUintN(bits, random.chance(0.7) ? target(random) : integer(random)),
    ctr: BigInt.asUintN(bits, random.chance(0.4) ? BigInt(random.below(4)) : random.chance(0.7) ? target(random) : integer(random)),
    fpr: Array.from({ length: 32 }, () => (double ? laneValue(random, 64) : random.chance(0.7) ? single(random) : random.u64())),
    fpscr: floatingPointStatus(random),
    vr: Array.from({ length: 32 }, () => lanes(random, random.chance(0.8) ? lane : random.pick([8, 16, 32, 64] as const))),
    vscr: random.chance(0.7) ? 0 : random.u32() & 0x0001_0001,
    vrsave: random.u32(),
  };
}

/** Exceptions are enabled only where none has been recorded, so that FPSCR can be loaded without an interrupt. */
function floatingPointStatus(random: Random): number {
  if (random.chance(0.5)) return 0;
  const control = random.below(4) & RN | (random.chance(0.1) ? NI : 0);
  if (random.chance(0.3)) return control | random.u32() & ENABLES;
  const status = random.chance(0.7) ? random.u32() & STATUS : 0;
  // VX is the summary of the causes of invalid operations.
  return (control | status | (status & INVALID_OPERATIONS ? VX : 0)) >>> 0;
}

/** A single-precision number as registers hold it (Book I, 4.5.1 DOUBLE). */
function single(random: Random): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Number(laneValue(random, 32)));
  const value = view.getFloat32(0);
  view.setFloat64(0, Number.isNaN(value) ? 1 : value);
  return view.getBigUint64(0);
}

const bigEndianArea: Uint8Array = (() => {
  const swapped = littleEndianArea.slice();
  for (let i = 0; i < swapped.length; i += 8) swapped.subarray(i, i + 8).reverse();
  return swapped;
})();

/** What the data area holds at first. */
export const dataAreaOf = (variant: VariantName): Uint8Array => (variants[variant].bigEndian ? bigEndianArea : littleEndianArea);
