/** What each packet but the queries asks for (GDB manual, "Packets"). The answer to a packet that isn't known is empty. */
import { KvmError } from '../kvm/index.ts';
import type { Resumption } from '../machine/index.ts';
import { fromHex, parseNumber, toBytes, toHex, toText } from './bytes.ts';
import { PACKET_SIZE } from './packets.ts';
import { query, set } from './queries.ts';
import { ERROR } from './replies.ts';
import { parseResumeAddress, parseVCont, VCONT_ACTIONS } from './resume.ts';
import type { Session } from './session.ts';
import { parseThread } from './threads.ts';

/** undefined: it comes later, or never. */
type Answer = string | undefined;
type Command = (session: Session, rest: string, letter: string) => Answer;

const commands: Readonly<Record<string, Command>> = {
  '?': session => session.stops.status(),
  g: session => halted(session) ?? session.registers.readGeneral(session.cpu),
  G: (session, rest) => halted(session) ?? ok(session.registers.writeGeneral(session.cpu, rest)),
  p: readRegister,
  P: writeRegister,
  m: (session, rest) => read(session, rest, toHex, PACKET_SIZE / 2),
  // GDB's, whose answer begins with a b; an escaped byte takes two.
  x: (session, rest) => read(session, rest, bytes => `b${toText(bytes)}`, PACKET_SIZE / 2 - 1),
  M: (session, rest) => write(session, rest, fromHex),
  X: (session, rest) => write(session, rest, toBytes),
  c: resumeOld, C: resumeOld, s: resumeOld, S: resumeOld,
  H: select,
  T: (session, rest) => (typeof parseThread(rest, session.machine.target.cpus) === 'number' ? 'OK' : ERROR.invalid),
  Z: (session, rest) => breakpoint(session, rest, true),
  z: (session, rest) => breakpoint(session, rest, false),
  D: session => {
    session.letGo();
    session.release();
    return 'OK';
  },
  k: session => {
    session.machine.kill();
    return undefined;
  },
  // A machine isn't started anew for a debugger: `monitor system_reset` does that.
  R: () => ERROR.failed,
  q: query,
  Q: set,
  v: verb,
};

export const answer = (session: Session, payload: string): Answer => {
  const letter = payload[0] ?? '';
  return Object.hasOwn(commands, letter) ? commands[letter]!(session, payload.slice(1), letter) : '';
};

/** A debugger that says such a thing means to have the CPUs stand still, in all-stop mode. */
export const concernsCpus = (payload: string): boolean => /^(?:[?gGpPmMxXcCsSZz]|vCont;)/.test(payload);

const ok = (done: boolean): string => (done ? 'OK' : ERROR.invalid);

/** An error where the selected CPU runs. */
const halted = ({ machine, cpu }: Session): string | undefined => (machine.target.isHeld(cpu) ? undefined : ERROR.failed);

function readRegister(session: Session, rest: string): Answer {
  const register = session.registers.all[Number(parseNumber(rest) ?? -1n)];
  return halted(session) ?? (register ? session.registers.read(session.cpu, register) : ERROR.invalid);
}

function writeRegister(session: Session, rest: string): Answer {
  const [number = '', value = ''] = rest.split('=');
  const register = session.registers.all[Number(parseNumber(number) ?? -1n)];
  return halted(session) ?? ok(register !== undefined && session.registers.write(session.cpu, register, value));
}

function read({ memory, cpu }: Session, rest: string, spell: (bytes: Uint8Array) => string, most: number): Answer {
  const [address, length, ...more] = rest.split(',').map(parseNumber);
  if (address === undefined || length === undefined || more.length > 0) return ERROR.invalid;
  const bytes = memory.read(cpu, address, Number(length < BigInt(most) ? length : most));
  return bytes.length === 0 && length > 0n ? ERROR.fault : spell(bytes);
}

function write({ memory, cpu }: Session, rest: string, decode: (text: string) => Uint8Array | undefined): Answer {
  const [, from, count, data] = /^([^,:]*),([^,:]*):([^]*)$/.exec(rest) ?? [];
  const address = parseNumber(from ?? '');
  const bytes = decode(data ?? '');
  if (address === undefined || !bytes || parseNumber(count ?? '') !== BigInt(bytes.length)) return ERROR.invalid;
  return bytes.length === 0 || memory.write(cpu, address, bytes) ? 'OK' : ERROR.fault;
}

function select(session: Session, rest: string): Answer {
  const thread = parseThread(rest.slice(1), session.machine.target.cpus);
  if (thread === undefined) return ERROR.invalid;
  if (rest[0] === 'g') session.cpu = typeof thread === 'number' ? thread : session.cpu;
  else if (rest[0] === 'c') session.continued = typeof thread === 'number' ? thread : undefined;
  else return ERROR.invalid;
  return 'OK';
}

function breakpoint({ breakpoints, cpu }: Session, rest: string, insert: boolean): Answer {
  // Conditions and commands, behind a semicolon, aren't offered.
  const [kind, address, length] = (rest.split(';')[0] ?? '').split(',').map(parseNumber);
  if (kind === undefined || address === undefined || length === undefined || kind > 4n) return kind !== undefined && kind > 4n ? ERROR.unsupported : ERROR.invalid;
  try {
    if (!insert) return breakpoints.remove(Number(kind), address, Number(length)) ? 'OK' : ERROR.missing;
    breakpoints.insert(cpu, Number(kind), address, Number(length));
    return 'OK';
  } catch (error) {
    if (!(error instanceof KvmError)) throw error;
    return error.code === 'ENOBUFS' ? ERROR.full : error.code === 'ENOSYS' ? ERROR.unsupported : ERROR.fault;
  }
}

/** c, C, s, S: a step is the chosen CPU's, and unless Hc named it the others run meanwhile. */
function resumeOld(session: Session, rest: string, letter: string): Answer {
  const where = parseResumeAddress(letter, rest);
  if (!where) return ERROR.invalid;
  const { continued, machine } = session;
  const cpu = continued ?? session.cpu;
  if (where.address !== undefined && !(machine.target.isHeld(cpu) && session.registers.setPc(cpu, where.address))) return ERROR.failed;
  const how = new Map<number, Resumption>();
  for (let n = 0; n < machine.target.cpus; n++) if (continued === undefined || n === cpu) how.set(n, { kind: 'continue' });
  if (letter === 's' || letter === 'S') how.set(cpu, { kind: 'step' });
  if (session.stops.nonStop) session.reply('OK');
  return go(session, how);
}

/** The answer comes with the stop. */
function go(session: Session, how: ReadonlyMap<number, Resumption>): undefined {
  session.letGo();
  session.stops.resume(how);
}

function verb(session: Session, rest: string): Answer {
  const [name = '', ...parts] = rest.split(';');
  switch (name) {
    case 'Cont?': return VCONT_ACTIONS;
    case 'Cont': return vCont(session, parts.join(';'));
    case 'CtrlC':
      session.reply('OK');
      session.stops.interrupt();
      return undefined;
    case 'Stopped': return session.stops.next();
    case 'Kill':
      session.reply('OK');
      session.machine.kill();
      return undefined;
    case 'Run': case 'Attach': return ERROR.failed;
    default: return '';
  }
}

function vCont(session: Session, text: string): Answer {
  const actions = parseVCont(text, session.machine.target.cpus);
  if (!actions) return ERROR.invalid;
  const how = new Map<number, Resumption>();
  const stop: number[] = [];
  for (const [cpu, action] of actions) {
    if (action.kind === 'stop') stop.push(cpu);
    else how.set(cpu, action);
  }
  if (!session.stops.nonStop) return stop.length > 0 ? ERROR.invalid : go(session, how);
  // What is told of later comes behind the answer.
  session.reply('OK');
  go(session, how);
  session.stops.pause(stop);
  return undefined;
}
