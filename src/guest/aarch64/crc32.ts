/** CRC32 and CRC32C as the A64 instructions compute them (ARM DDI 0487, C6.2 "CRC32B"): bit-reversed, no inversion. */
import { defineHelper } from '../../isa/call.ts';

/** The CRC of each byte, for a polynomial given with its bits reversed. */
function tableOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    return crc;
  });
}

function crcHelper(name: string, polynomial: number) {
  const table = tableOf(polynomial);
  return defineHelper(name, ['i32', 'i64', 'i32'], 'i32', {}, (_cpu, accumulator, value, bytes) => {
    let crc = Number(accumulator);
    let rest = value;
    for (let i = 0; i < Number(bytes); i++, rest >>= 8n) {
      crc = (crc >>> 8) ^ (table[(crc ^ Number(rest & 0xffn)) & 0xff] as number);
    }
    return crc >>> 0;
  });
}

/** (accumulator, value, bytes of the value) → the new accumulator. */
export const CRC32 = crcHelper('CRC32', 0xedb88320);
export const CRC32C = crcHelper('CRC32C', 0x82f63b78);
