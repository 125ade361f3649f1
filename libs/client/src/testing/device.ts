import type { DeviceId, DeviceMessage, ServerMessage, TenantId, UserId } from '@syncline/core';
import type { AppNotice, Effect, Step } from '../effects';
import { step } from '../engine';
import type { Input, TimerName } from '../inputs';
import { createEngine, defaultConfig, type EngineConfig, type EngineState } from '../state';
import { type DeviceStore, memoryDeviceStore } from '../store';
import type { FakeServer, FakeSession } from './server';

/** An engine with a shell around it that does as it is told, until it is killed. */
export class TestDevice {
  readonly id: DeviceId;
  readonly config: EngineConfig;
  readonly notices: AppNotice[] = [];
  readonly sent: DeviceMessage[] = [];
  readonly effects: Effect[] = [];
  readonly timers = new Map<TimerName, number>();
  readonly store: DeviceStore = memoryDeviceStore();
  state: EngineState;
  session: FakeSession | null = null;
  nowMs = 1_000_000;
  chance = 0.5;
  token: string | null = 'good';
  /** Effects that are still performed before the device is dead; null for a long life. */
  private left: number | null = null;

  constructor(
    name: string,
    private readonly server: FakeServer,
    changes: Partial<EngineConfig> = {},
  ) {
    this.id = name as DeviceId;
    const who = { device: this.id, tenant: 't' as TenantId, user: name as UserId };
    this.config = { ...defaultConfig(who), ...changes };
    this.state = createEngine(this.config);
  }

  get alive(): boolean {
    return this.left !== 0;
  }

  input(input: Input): Step {
    if (!this.alive) return { effects: [], refused: null, numbers: [] };
    const done = step(this.state, input, { nowMs: this.nowMs, chance: this.chance });
    for (const effect of done.effects) {
      if (!this.alive) break;
      if (this.left !== null) this.left--;
      this.effects.push(effect);
      this.perform(effect);
    }
    return done;
  }

  /** Gives the engine one message of the server; false when none waits. */
  receive(): boolean {
    const message = this.session?.outbox.shift();
    if (message === undefined) return false;
    this.message(message);
    return true;
  }

  receiveAll(): void {
    while (this.receive());
  }

  message(message: ServerMessage): Step {
    return this.input({ kind: 'message', connection: this.state.connection.id, message });
  }

  cut(): void {
    const connection = this.state.connection.id;
    this.hangUp();
    this.input({ kind: 'disconnected', connection });
  }

  killAfter(effects: number): void {
    this.left = effects;
  }

  /** The process dies; another one begins with what was stored. */
  crash(): void {
    this.hangUp();
    this.left = null;
    this.timers.clear();
    this.state = createEngine(this.config);
    this.input({ kind: 'restored', stored: this.store.load() });
  }

  fire(timer: TimerName): void {
    this.nowMs += this.timers.get(timer) ?? 0;
    this.timers.delete(timer);
    this.input({ kind: 'timer', timer });
  }

  noticesOf<Kind extends AppNotice['kind']>(kind: Kind): Extract<AppNotice, { kind: Kind }>[] {
    return this.notices.filter(
      (notice): notice is Extract<AppNotice, { kind: Kind }> => notice.kind === kind,
    );
  }

  sentOf<Kind extends DeviceMessage['kind']>(kind: Kind): Extract<DeviceMessage, { kind: Kind }>[] {
    return this.sent.filter((one): one is Extract<DeviceMessage, { kind: Kind }> => one.kind === kind);
  }

  private hangUp(): void {
    this.session?.close();
    this.session = null;
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        this.store.apply(effect.writes);
        return;
      case 'connect':
        this.session = this.server.connect(this.id);
        this.input({ kind: 'connected', connection: effect.connection });
        return;
      case 'disconnect':
        this.hangUp();
        return;
      case 'send':
        this.sent.push(effect.message);
        this.session?.receive(effect.message);
        return;
      case 'set-timer':
        this.timers.set(effect.timer, effect.delayMs);
        return;
      case 'cancel-timer':
        this.timers.delete(effect.timer);
        return;
      case 'ask-token':
        if (this.token !== null) this.input({ kind: 'token', token: this.token });
        return;
      case 'notify':
        this.notices.push(effect.notice);
        return;
      case 'repair':
        return;
    }
  }
}
