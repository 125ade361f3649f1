import {
  type AppNotice,
  createEngine,
  type DeviceStore,
  type Effect,
  type EngineConfig,
  type EngineState,
  type Input,
  memoryDeviceStore,
  step,
  type Step,
  type TimerName,
} from '@syncline/client';
import type { Random } from './random';
import type { Scheduler } from './scheduler';
import type { Link } from './wire-link';

/** A device with its shell: the real engine, a store that outlives crashes, and a clock that may be wrong. */
export interface Device {
  readonly name: string;
  engine(): EngineState;
  /** Null while the device is down. */
  input(input: Input): Step | null;
  /** At once, or in the middle of the effects of a later step. */
  crash(afterEffects: number): void;
  setSkew(skewMs: number): void;
  cut(): void;
  stall(stalled: boolean): void;
  onLink(connection: number, link: Link): void;
}

export interface DeviceDeps {
  readonly time: Scheduler;
  readonly random: Random;
  readonly config: EngineConfig;
  /** Ends in an input `connected` or `connect-failed`. */
  connect(device: Device, connection: number): void;
  token(): string;
  observe(device: Device, notice: AppNotice): void;
  /** The device did what it may not. */
  wrong(promise: string, what: string): void;
  /** After every step that was performed to its end. */
  stepped(device: Device, input: Input): void;
}

const TOKEN_DELAY_MS = 300;
const RESTART_MS = 1_000;

interface Shell {
  readonly device: Device;
  readonly deps: DeviceDeps;
  readonly store: DeviceStore;
  readonly timers: Map<TimerName, number>;
  engine: EngineState;
  skewMs: number;
  online: boolean;
  up: boolean;
  /** Counts its lives: what was begun in an earlier one comes to nothing. */
  life: number;
  timerCount: number;
  /** So many effects are still performed before the crash; what a step persists always is. */
  fuse: number | null;
  link: { readonly connection: number; readonly link: Link } | null;
  /** Until then the service wants no push. */
  pushNotBeforeMs: number;
}

export function startDevice(name: string, skewMs: number, deps: DeviceDeps): Device {
  const device: Device = {
    name,
    engine: () => shell.engine,
    input: (input) => take(shell, input),
    crash: (afterEffects) => crash(shell, afterEffects),
    setSkew(next) {
      shell.skewMs = next;
      // By its own clock the wait may be over.
      shell.pushNotBeforeMs = 0;
    },
    cut: () => shell.link?.link.cut(),
    stall: (stalled) => shell.link?.link.stall(stalled),
    onLink(connection, link) {
      shell.link = { connection, link };
      shell.pushNotBeforeMs = 0;
    },
  };
  const shell: Shell = {
    device,
    deps,
    store: memoryDeviceStore(),
    timers: new Map(),
    engine: createEngine(deps.config),
    skewMs,
    online: false,
    up: true,
    life: 0,
    timerCount: 0,
    fuse: null,
    link: null,
    pushNotBeforeMs: 0,
  };
  return device;
}

function take(shell: Shell, input: Input): Step | null {
  if (input.kind === 'go-online') shell.online = true;
  if (input.kind === 'go-offline') shell.online = false;
  if (!shell.up) return null;
  notePace(shell, input);
  const { time, random } = shell.deps;
  const result = step(shell.engine, input, { nowMs: time.nowMs() + shell.skewMs, chance: random.fraction() });
  for (const effect of result.effects) {
    if (!shell.up) return result;
    if (effect.kind !== 'persist' && shell.fuse !== null && shell.fuse-- <= 0) {
      crash(shell, 0);
      return result;
    }
    perform(shell, effect);
  }
  shell.deps.stepped(shell.device, input);
  return result;
}

function notePace(shell: Shell, input: Input): void {
  if (input.kind !== 'message' || input.message.kind !== 'pace') return;
  if (input.connection !== shell.link?.connection) return;
  shell.pushNotBeforeMs = shell.deps.time.nowMs() + input.message.delayMs;
}

function checkPace({ deps, device, pushNotBeforeMs }: Shell, sent: string): void {
  const earlyMs = pushNotBeforeMs - deps.time.nowMs();
  if (sent === 'push' && earlyMs > 0)
    deps.wrong('pace', `${device.name} pushes ${earlyMs} ms before it was asked to`);
}

function crash(shell: Shell, afterEffects: number): void {
  if (!shell.up) return;
  if (afterEffects > 0) {
    shell.fuse = afterEffects;
    return;
  }
  shell.fuse = null;
  shell.up = false;
  shell.timers.clear();
  shell.link?.link.cut();
  shell.link = null;
  shell.engine = createEngine(shell.deps.config);
  const life = ++shell.life;
  shell.deps.time.after(RESTART_MS, () => {
    if (life !== shell.life) return;
    shell.up = true;
    shell.device.input({ kind: 'restored', stored: shell.store.load() });
    if (shell.online) shell.device.input({ kind: 'go-online' });
  });
}

function perform(shell: Shell, effect: Effect): void {
  const { deps, device, link } = shell;
  switch (effect.kind) {
    case 'persist':
      return shell.store.apply(effect.writes);
    case 'connect':
      return deps.connect(device, effect.connection);
    case 'disconnect':
      if (link?.connection === effect.connection) link.link.cut();
      return;
    case 'send':
      checkPace(shell, effect.message.kind);
      if (link?.connection === effect.connection) link.link.toServer(effect.message);
      return;
    case 'set-timer':
      return setTimer(shell, effect.timer, effect.delayMs);
    case 'cancel-timer':
      shell.timers.delete(effect.timer);
      return;
    case 'ask-token': {
      const { life } = shell;
      deps.time.after(TOKEN_DELAY_MS, () => {
        if (life === shell.life) device.input({ kind: 'token', token: deps.token() });
      });
      return;
    }
    case 'repair':
      throw new Error('the engines of this world start over instead of comparing');
    case 'notify':
      return deps.observe(device, effect.notice);
  }
}

function setTimer(shell: Shell, timer: TimerName, delayMs: number): void {
  const id = ++shell.timerCount;
  shell.timers.set(timer, id);
  shell.deps.time.after(delayMs, () => {
    if (shell.timers.get(timer) !== id) return;
    shell.timers.delete(timer);
    shell.device.input({ kind: 'timer', timer });
  });
}
