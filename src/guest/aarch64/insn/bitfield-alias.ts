/** The spellings of SBFM, BFM and UBFM: ARM DDI 0487, C6.2, "Alias conditions" of the three. */
import { reg } from '../names.ts';

/** `opc`: 0 SBFM, 1 BFM, 2 UBFM. */
export function bitfieldAlias(sf: number, opc: number, immr: number, imms: number, Rn: number, Rd: number): string {
  const bitsOf = sf ? 64 : 32;
  const d = reg(sf, Rd);
  const n = reg(sf, Rn);
  if (opc === 1) {
    if (imms < immr) {
      const field = `#${bitsOf - immr}, #${imms + 1}`;
      return Rn === 31 ? `bfc\t${d}, ${field}` : `bfi\t${d}, ${n}, ${field}`;
    }
    return `bfxil\t${d}, ${n}, #${immr}, #${imms - immr + 1}`;
  }
  const signed = opc === 0;
  if (imms === bitsOf - 1) return `${signed ? 'asr' : 'lsr'}\t${d}, ${n}, #${immr}`;
  if (!signed && imms + 1 === immr) return `lsl\t${d}, ${n}, #${bitsOf - 1 - imms}`;
  const extension = immr === 0 ? extensionOf(signed, sf, imms) : undefined;
  if (extension) return `${extension}\t${d}, ${reg(0, Rn)}`;
  const letter = signed ? 's' : 'u';
  if (imms < immr) return `${letter}bfiz\t${d}, ${n}, #${bitsOf - immr}, #${imms + 1}`;
  return `${letter}bfx\t${d}, ${n}, #${immr}, #${imms - immr + 1}`;
}

function extensionOf(signed: boolean, sf: number, imms: number): string | undefined {
  const size = imms === 7 ? 'b' : imms === 15 ? 'h' : imms === 31 ? 'w' : undefined;
  if (size === undefined || (!signed && (sf === 1 || size === 'w'))) return undefined;
  return `${signed ? 's' : 'u'}xt${size}`;
}
