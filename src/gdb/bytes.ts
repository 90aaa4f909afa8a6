/** Bytes as the protocol spells them. Payloads are strings with one character a byte, binary data included. */

const PIECE = 8192;

export function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function toText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Two digits a byte, in memory order. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/** undefined: not hexadecimal digits, or an odd number of them. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** A number as the protocol writes it: hexadecimal, most significant digit first, at most 64 bits. */
export const parseNumber = (text: string): bigint | undefined => (/^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined);

/** A text for people, in UTF-8. */
export const textToHex = (text: string): string => toHex(new TextEncoder().encode(text));
