/** What a machine needs of its host, from Node: time, alarms, its place in the event loop, the terminal. */
export { createAlarms, type HostAlarm, type HostAlarms } from './alarm.ts';
export { hostClock, type HostClock, type WallTime } from './clock.ts';
export { createHostLoop } from './loop.ts';
export { nodeSources } from './sources.ts';
export { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';
