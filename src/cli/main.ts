/** The command `tessera`. */
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { TesseraError } from '../base/errors.ts';
import { parseCommand, type Command } from './args.ts';
import { DEFAULT_GUEST, guestsCommand, openGuest } from './guests.ts';
import { cpuHelp, helpText, logHelp, machineHelp } from './help.ts';
import type { Question, RunOptions } from './options.ts';

// The engine's own functions are many and warm for a second or two: TurboFan spent a tenth of a boot's CPU time on them.
// WebAssembly is not concerned.
v8.setFlagsFromString('--invocation-count-for-turbofan=100000');

const print = (text: string): void => { process.stdout.write(`${text}\n`); };
const complain = (line: string): void => { process.stderr.write(`tessera: ${line}\n`); };

async function run(command: Command): Promise<number> {
  if (command.kind === 'guests') return guestsCommand(command.action, command.names, print);
  const { options } = command;
  if (options.question) {
    print(answer(options.question).trimEnd());
    return 0;
  }
  if (command.kind === 'start') await addGuest(options);
  if (options.kernel === undefined && options.bios === undefined && options.dumpdtb === undefined) {
    throw new TesseraError('there is nothing to run: give -kernel FILE or -bios FILE, or say `tessera start`');
  }
  // Questions and mistakes are answered without loading the engine.
  const { runSession } = await import('./session.ts');
  return runSession(options, complain);
}

/** The guest's files and command line, where none of the user's own are given. */
async function addGuest(options: RunOptions): Promise<void> {
  if (options.kernel !== undefined) throw new TesseraError('`tessera start` brings its own kernel; with -kernel say `tessera run`');
  const guest = await openGuest(options.guest ?? DEFAULT_GUEST);
  options.kernel = guest.kernel;
  options.initrd ??= guest.initrd;
  options.append ??= guest.append;
}

function answer(question: Question): string {
  switch (question) {
    case 'help': return helpText();
    case 'machine': return machineHelp();
    case 'cpu': return cpuHelp();
    case 'log': return logHelp();
    case 'version': {
      const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
      return `tessera ${version}`;
    }
  }
}

/** What a person can do something about is one line; a mistake of ours says where it is, and that it is ours. */
function explain(error: unknown): string {
  if (error instanceof TesseraError) return error.message;
  if (process.env['TESSERA_DEBUG'] && error instanceof Error && error.stack) return error.stack;
  return `an error of Tessera itself: ${error instanceof Error ? error.message : String(error)} (TESSERA_DEBUG=1 shows where)`;
}

try {
  process.exitCode = await run(parseCommand(process.argv.slice(2)));
} catch (error) {
  complain(explain(error));
  process.exitCode = 1;
}
