import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { fromHex, parseNumber, toBytes, toHex, toText } from '../../src/gdb/bytes.ts';
import { packet, PACKET_SIZE, PacketReader, type Received } from '../../src/gdb/packets.ts';

const read = (text: string | Uint8Array, reader = new PacketReader()): Received[] => [...reader.read(typeof text === 'string' ? toBytes(text) : text)];

describe('packets', () => {
  it('data, checksum, acknowledgements and the interrupt', () => {
    expect(read('+$g#67-\x03noise$OK#9a')).toEqual([
      { kind: 'ack' }, { kind: 'packet', data: 'g' }, { kind: 'nak' }, { kind: 'interrupt' }, { kind: 'packet', data: 'OK' },
    ]);
  });

  it('what is sent is what is read, whatever the bytes', () => {
    const random = new Random(1);
    for (let n = 0; n < 200; n++) {
      const data = toText(Uint8Array.from({ length: random.u32() % 80 }, () => random.u32() & 0xff));
      expect(read(packet(data))).toEqual([{ kind: 'packet', data }]);
    }
  });

  it('escaped bytes are }, and the byte with bit 5 turned', () => {
    expect(toText(packet('#$}*'))).toBe('$}\x03}\x04}]}\x0a#62');
    expect(toText(packet('Stop:T05', '%'))).toMatch(/^%Stop:T05#[0-9a-f]{2}$/);
  });

  it('a run repeats the byte before it', () => {
    expect(read('$0* #7a')).toEqual([{ kind: 'packet', data: '0000' }]);
    expect(read('$xy*"#3d')).toEqual([{ kind: 'packet', data: `x${'y'.repeat(6)}` }]);
  });

  it('a run without a byte before it, or too short, is no packet', () => {
    expect(read('$* #4a')).toEqual([{ kind: 'corrupt' }]);
    expect(read('$0*\x1f#79')).toEqual([{ kind: 'corrupt' }]);
  });

  it('a wrong checksum, and one that is none', () => {
    for (const end of ['00', 'zz', '6z', '\0\0']) expect(read(`$g#${end}`), end).toEqual([{ kind: 'corrupt' }]);
  });

  it('a packet whose end was lost gives way to the next', () => {
    expect(read('$m1000,4$g#67')).toEqual([{ kind: 'packet', data: 'g' }]);
  });

  it('it doesn\'t matter where the stream is cut', () => {
    const bytes = toBytes('+$X1000,3:}\x03ab#4f\x03$g#67$OK#9a');
    const whole = read(bytes);
    for (let at = 0; at <= bytes.length; at++) {
      const reader = new PacketReader();
      expect([...read(bytes.subarray(0, at), reader), ...read(bytes.subarray(at), reader)]).toEqual(whole);
    }
  });

  it('a packet that is too long is passed over, and the next is read', () => {
    const long = 'a'.repeat(PACKET_SIZE + 1);
    expect(read(new Uint8Array([...packet(long), ...packet('g')]))).toEqual([{ kind: 'long' }, { kind: 'packet', data: 'g' }]);
    expect(read(packet('a'.repeat(PACKET_SIZE)))[0]?.kind).toBe('packet');
  });

  it('a run can\'t make it longer either', () => {
    expect(read(packetOf(`a${'*~'.repeat(PACKET_SIZE / 32)}`))).toEqual([{ kind: 'long' }]);
  });
});

/** Without escapes. */
function packetOf(data: string): string {
  const sum = [...data].reduce((s, c) => s + c.charCodeAt(0), 0) & 0xff;
  return `$${data}#${sum.toString(16).padStart(2, '0')}`;
}

describe('bytes', () => {
  it('hexadecimal both ways, and what isn\'t', () => {
    expect(toHex(Uint8Array.of(0, 10, 255))).toBe('000aff');
    expect(fromHex('000aFF')).toEqual(Uint8Array.of(0, 10, 255));
    for (const bad of ['0', '0g', ' 00', '00 ']) expect(fromHex(bad), bad).toBeUndefined();
  });

  it('numbers of 64 bits at most', () => {
    expect(parseNumber('ffffffffffffffff')).toBe(2n ** 64n - 1n);
    for (const bad of ['', '-1', '0x1', '1ffffffffffffffff', ' 1']) expect(parseNumber(bad), bad).toBeUndefined();
  });
});
