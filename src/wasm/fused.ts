/**
 * Whether this host's relaxed multiply-add rounds once (WebAssembly, relaxed SIMD proposal: it may round the product,
 * too, but the choice must not vary while it runs). Asked of the host by trying.
 */

/** Module with f32 and f64 functions `s` and `d` of three operands: splat each, relaxed_madd, first lane. */
function probe(): Uint8Array<ArrayBuffer> {
  const [F32, F64] = [0x7d, 0x7c];
  const type = (f: number): number[] => [0x60, 3, f, f, f, 1, f];
  const body = (splat: number, madd: number, extract: number): number[] => {
    const operands = [0, 1, 2].flatMap(i => [0x20, i, 0xfd, splat]);
    const code = [0, ...operands, 0xfd, (madd & 0x7f) | 0x80, madd >> 7, 0xfd, extract, 0, 0x0b];
    return [code.length, ...code];
  };
  const section = (id: number, content: number[]): number[] => [id, content.length, ...content];
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [2, ...type(F32), ...type(F64)]),
    ...section(3, [2, 0, 1]),
    ...section(7, [2, 1, 0x73, 0, 0, 1, 0x64, 0, 1]),
    ...section(10, [2, ...body(0x13, 0x105, 0x1f), ...body(0x14, 0x107, 0x21)]),
  ]);
}

type Ternary = (x: number, y: number, z: number) => number;

/** False also where the host has no relaxed SIMD. */
export function relaxedMaddIsFused(): boolean {
  const bytes = probe();
  if (!WebAssembly.validate(bytes)) return false;
  const { s, d } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as { s: Ternary; d: Ternary };
  // (1 + e)² - (1 + 2e) = e², which a rounded product loses.
  const rest = (f: Ternary, e: number): boolean => f(1 + e, 1 + e, -1 - 2 * e) === e * e;
  return rest(s, 2 ** -23) && rest(d, 2 ** -52);
}
