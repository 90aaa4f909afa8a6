/** Packets q and Q: what can be asked for and set (GDB manual, "General Query Packets"; QEMU's own in "GDB usage"). */
import { fromHex, parseNumber, textToHex } from './bytes.ts';
import { memoryMapXml, targetXml, threadsXml } from './describe.ts';
import { PACKET_SIZE } from './packets.ts';
import { ERROR } from './replies.ts';
import type { Session } from './session.ts';
import { parseThread, threadOf } from './threads.ts';

type Query = (session: Session, argument: string) => string;

/** Of a text or document in one packet. Even, as bytes are two digits. */
const PIECE = PACKET_SIZE / 2;

/** What steps leave out, as QEMU numbers it; time stands still between them in any case. */
const SSTEP_ENABLE = 1;
const SSTEP_NOIRQ = 2;

const queries: Readonly<Record<string, Query>> = {
  Supported: (session, client) => {
    const features = client.split(';');
    session.stops.knowsSwbreak = features.includes('swbreak+');
    session.stops.knowsHwbreak = features.includes('hwbreak+');
    return [
      `PacketSize=${PACKET_SIZE.toString(16)}`, 'QStartNoAckMode+', 'QNonStop+', 'vContSupported+', 'swbreak+', 'hwbreak+', 'binary-upload+',
      'qXfer:features:read+', 'qXfer:memory-map:read+', 'qXfer:threads:read+',
    ].join(';');
  },
  C: session => `QC${threadOf(session.cpu)}`,
  // The debugger didn't start it.
  Attached: () => '1',
  fThreadInfo: ({ machine }) => `m${Array.from({ length: machine.target.cpus }, (_, cpu) => threadOf(cpu)).join(',')}`,
  sThreadInfo: () => 'l',
  ThreadExtraInfo: ({ machine }, id) => {
    const cpu = parseThread(id, machine.target.cpus);
    return typeof cpu === 'number' ? textToHex(machine.describe(cpu)) : ERROR.invalid;
  },
  // No symbols are needed of it.
  Symbol: () => 'OK',
  Rcmd: (session, hex) => {
    const line = fromHex(hex);
    return line ? output(session, session.machine.monitor(new TextDecoder().decode(line))) : ERROR.invalid;
  },
  Xfer: transfer,
  'qemu.PhyMemMode': ({ memory }) => (memory.physical ? '1' : '0'),
  'qemu.sstepbits': () => `ENABLE=${SSTEP_ENABLE},NOIRQ=${SSTEP_NOIRQ}`,
  'qemu.sstep': ({ machine }) => `0x${SSTEP_ENABLE | (machine.target.stepsTakeInterrupts ? 0 : SSTEP_NOIRQ)}`,
};

const settings: Readonly<Record<string, Query>> = {
  StartNoAckMode: session => {
    session.acknowledgeNoMore();
    return 'OK';
  },
  NonStop: ({ stops }, mode) => {
    if (mode !== '0' && mode !== '1') return ERROR.invalid;
    stops.nonStop = mode === '1';
    return 'OK';
  },
  'qemu.PhyMemMode': ({ memory }, mode) => {
    if (mode !== '0' && mode !== '1') return ERROR.invalid;
    memory.physical = mode === '1';
    return 'OK';
  },
  'qemu.sstep': ({ machine }, text) => {
    const bits = Number(parseNumber(text.replace(/^0x/, '')) ?? 0n);
    if (bits !== SSTEP_ENABLE && bits !== (SSTEP_ENABLE | SSTEP_NOIRQ)) return ERROR.invalid;
    machine.target.stepsTakeInterrupts = bits === SSTEP_ENABLE;
    return 'OK';
  },
};

/** What is behind the name begins with one of these. */
const find = (table: Readonly<Record<string, Query>>, session: Session, text: string): string => {
  const [, name = '', argument = ''] = /^([\w.]*)[:,;=]?([^]*)$/.exec(text) ?? [];
  return Object.hasOwn(table, name) ? table[name]!(session, argument) : '';
};

export const query = (session: Session, text: string): string => find(queries, session, text);
export const set = (session: Session, text: string): string => find(settings, session, text);

/** A text for the debugger's console, in packets of output. */
function output(session: Session, text: string): string {
  const hex = textToHex(text);
  for (let at = 0; at < hex.length; at += PIECE) session.reply(`O${hex.slice(at, at + PIECE)}`);
  return 'OK';
}

/** A part of a document: `m` where there is more, `l` with the last. */
function transfer(session: Session, text: string): string {
  const [, object, annex, from, count] = /^([\w-]+):read:([^:]*):([0-9a-f]+),([0-9a-f]+)$/i.exec(text) ?? [];
  const { machine } = session;
  const document = object === 'features' && annex === 'target.xml' ? targetXml(machine.architecture)
    : object === 'memory-map' && annex === '' ? memoryMapXml()
    : object === 'threads' && annex === '' ? threadsXml(machine.target.cpus, cpu => machine.describe(cpu))
    : undefined;
  if (from === undefined || count === undefined) return '';
  if (document === undefined) return object === 'features' ? 'E00' : '';
  const start = Number(parseNumber(from) ?? 0n);
  const length = Math.min(Number(parseNumber(count) ?? 0n), PIECE);
  return `${start + length < document.length ? 'm' : 'l'}${document.slice(start, start + length)}`;
}
