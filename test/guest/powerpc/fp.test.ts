/** PowerPC floating point where QEMU 7.2 can't be asked: FR, negated multiply-adds, trapped exponents, reciprocals of zero, FPRF of singles. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { FI, FR, fpFast, FX, FEX, OE, OX, summarised, UE, UX, VE, VX, VXSNAN, withExceptions, XE, XX, ZE, ZX } from '../../../src/guest/powerpc/fp/fpscr.ts';
import { codeOf, compute, type Operation } from '../../../src/guest/powerpc/fp/operations.ts';

const view = new DataView(new ArrayBuffer(8));
const bits = (x: number): bigint => {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
};
const value = (x: bigint): number => {
  view.setBigUint64(0, x);
  return view.getFloat64(0);
};
const of = (operation: Operation, N: 32 | 64, FPSCR: number, a: number, b: number, c = 0) =>
  compute(codeOf(operation, N), FPSCR, bits(a), bits(b), bits(c));
const TOWARDS_ZERO = 1;

describe('PowerPC floating point', () => {
  it('FR: the magnitude is above that of the result rounded towards zero', () => {
    const random = new Random(0xf5);
    let seen = 0;
    for (let i = 0; i < 2000; i++) {
      const operation = random.pick(['fadd', 'fsub', 'fmul', 'fdiv', 'fsqrt', 'fmadd', 'frsp'] as const);
      const number = (): number => (random.below(2 ** 30) + 1) * 2 ** (random.below(40) - 50);
      const [a, b, c, N, RN] = [number(), number(), number(), random.pick([32, 64] as const), random.below(4)];
      const { result, raised } = of(operation, N, RN, a, b, c);
      const truncated = of(operation, N, TOWARDS_ZERO, a, b, c).result;
      const up = Math.abs(value(result)) > Math.abs(value(truncated));
      expect([operation, N, RN, a, b, c, (raised & FR) !== 0]).toEqual([operation, N, RN, a, b, c, up]);
      if (up) {
        expect(raised & (FI | XX)).toBe(FI | XX);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(300);
  });

  it('fnmadd and fnmsub negate what fmadd and fmsub give, in every rounding mode', () => {
    const random = new Random(0xf6);
    for (let i = 0; i < 400; i++) {
      const [a, b, c] = [random.u32() / 7, random.u32() / -3, random.u32() / 11] as const;
      for (let RN = 0; RN < 4; RN++) {
        for (const N of [32, 64] as const) {
          expect(value(of('fnmadd', N, RN, a, b, c).result)).toBe(-value(of('fmadd', N, RN, a, b, c).result));
          expect(value(of('fnmsub', N, RN, a, b, c).result)).toBe(-value(of('fmsub', N, RN, a, b, c).result));
        }
      }
    }
  });

  it('enabled overflow and underflow wrap the exponent by 1536 and 192', () => {
    expect(of('fmul', 64, OE, 2 ** 1000, 0, 2 ** 100)).toMatchObject({ result: bits(2 ** (1100 - 1536)), raised: OX });
    expect(of('fmul', 64, UE, 2 ** -1000, 0, 2 ** -100)).toMatchObject({ result: bits(2 ** (-1100 + 1536)), raised: UX });
    expect(of('fmul', 32, OE, 2 ** 100, 0, 2 ** 100)).toMatchObject({ result: bits(2 ** (200 - 192)), raised: OX });
    expect(of('fmul', 32, UE, 2 ** -100, 0, 2 ** -100)).toMatchObject({ result: bits(2 ** (-200 + 192)), raised: UX });
    // Exact subnormal results underflow only where that is enabled.
    expect(of('fmul', 64, 0, 2 ** -1000, 0, 2 ** -60).raised).toBe(0);
  });

  it('estimates of the reciprocal of zero are infinite, and suppressed where ZE asks for it', () => {
    expect(of('fre', 64, 0, 0, 0)).toMatchObject({ result: bits(Infinity), raised: ZX, suppressed: false, FPRF: 0b00101 << 12 });
    expect(of('fre', 32, 0, 0, -0)).toMatchObject({ result: bits(-Infinity), raised: ZX });
    expect(of('frsqrte', 64, ZE, 0, 0)).toMatchObject({ raised: ZX, suppressed: true });
  });

  it('the class of a single-precision result is the one of its own format', () => {
    expect(of('fadd', 32, 0, 2 ** -130, 0).FPRF).toBe(0b10100 << 12);
    expect(of('fadd', 64, 0, 2 ** -130, 0).FPRF).toBe(0b00100 << 12);
  });

  it('FX notes new exceptions only; VX and FEX follow from the others', () => {
    expect(withExceptions(0, XX)).toBe((FX | XX) >>> 0);
    expect(withExceptions(XX, XX)).toBe(XX);
    expect(withExceptions(0, VXSNAN)).toBe((FX | VX | VXSNAN) >>> 0);
    expect(withExceptions(VE, VXSNAN)).toBe((FX | FEX | VX | VXSNAN | VE) >>> 0);
    expect(summarised((VX | FEX | XE) >>> 0)).toBe(XE);
  });

  it('the host calculates only where nothing but FR, FI and FPRF could go unnoticed', () => {
    expect(fpFast(XX)).toBe(1);
    expect(fpFast(0)).toBe(0);
    for (const bit of [VE, OE, UE, ZE, XE, 1, 2, 3]) expect(fpFast(XX | bit)).toBe(0);
  });
});
