import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { AppNotice, DeviceStore } from '@syncline/client';
import {
  type Device,
  type DeviceOptions,
  fileDeviceStore,
  grpcTransport,
  memoryDeviceStore,
  openDevice,
  plaintext,
} from '@syncline/client-node';
import type { Change, ChangeNumber } from '@syncline/core';
import { systemChance, systemClock, systemTimer } from '@syncline/memory';
import type { Stack } from './stack';
import { type Claims, sign } from './tokens';

type Noted<Kind extends AppNotice['kind']> = Extract<AppNotice, { kind: Kind }>;

/** What the server told a device of one of its changes. */
export interface Answered {
  readonly change: Change;
  readonly status: Noted<'answered'>['status'];
  readonly version: number;
  /** The id of the ledger record, where there was a conflict. */
  readonly conflict: string | null;
}

/** A device as its user has it: it outlives its process, and remembers what it was told. */
export interface Member {
  readonly name: string;
  readonly user: string;
  /** Of its present life. */
  device(): Device;
  /** By space, as `space number`. */
  readonly answers: ReadonlyMap<string, Answered>;
  /** How many changes were given another number than they had. */
  renumbered(): number;
  readonly notices: readonly AppNotice[];
  noticesOf<Kind extends AppNotice['kind']>(kind: Kind): Noted<Kind>[];
  /** The process dies and another one begins with what was stored, or with what became of it. */
  crash(meanwhile?: (store: DeviceStore) => void): void;
  end(): void;
}

export interface MemberOptions extends Partial<Pick<DeviceOptions, 'config'>> {
  readonly user?: string;
  /** In which order the gateways are tried. */
  readonly gateways?: readonly string[];
  readonly claims?: Partial<Claims>;
  /** How long each of its tokens lasts. */
  readonly tokenLifeS?: number;
  /** Keep everything in a folder, with a sync to disk for each step. */
  readonly onDisk?: boolean;
}

export const answerKey = (space: string, number: ChangeNumber): string => `${space} ${number}`;

const NOTICES_MAX = 50_000;

export function newMember(stack: Stack, name: string, options: MemberOptions = {}): Member {
  const { user = 'ada', onDisk = false, gateways = stack.services.filter(isGateway) } = options;
  const folder = onDisk ? mkdtempSync(path.join(os.tmpdir(), `syncline-${name}-`)) : null;
  const inMemory = memoryDeviceStore();
  const answers = new Map<string, Answered>();
  const notices: AppNotice[] = [];
  const count = { renumbered: 0 };
  const claims = { sub: user, spaces: { home: 'owner' }, ...options.claims };
  const start = () => {
    const store = folder === null ? null : fileDeviceStore(folder);
    const device = openDevice({
      device: name,
      user,
      transport: grpcTransport({
        addresses: gateways.map((gateway) => stack.address(gateway).grpc),
        credentials: plaintext(),
        timer: systemTimer(),
      }),
      store: store ?? inMemory,
      token: async () => sign(stack.tokenSecret, systemClock(), claims, options.tokenLifeS),
      clock: systemClock(),
      chance: systemChance(),
      timer: systemTimer(),
      ...(options.config === undefined ? {} : { config: options.config }),
      onNotice(notice) {
        remember(notice, notices, answers);
        if (notice.kind === 'renumbered') count.renumbered += notice.numbers.length;
      },
    });
    return { store, device };
  };
  let life = start();
  const die = (): void => {
    life.device.abandon();
    life.store?.close();
  };
  return {
    name,
    user,
    device: () => life.device,
    answers,
    renumbered: () => count.renumbered,
    notices,
    noticesOf: <Kind extends AppNotice['kind']>(kind: Kind) =>
      notices.filter((notice): notice is Noted<Kind> => notice.kind === kind),
    crash(meanwhile) {
      const wasOnline = life.device.engine().connection.wanted;
      die();
      meanwhile?.(inMemory);
      life = start();
      if (wasOnline) life.device.goOnline();
    },
    end() {
      life.device.close();
      life.store?.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const isGateway = (service: string): boolean => service.startsWith('gateway');

function remember(notice: AppNotice, notices: AppNotice[], answers: Map<string, Answered>): void {
  if (notices.length < NOTICES_MAX) notices.push(notice);
  if (notice.kind !== 'answered' && notice.kind !== 'conflict') return;
  const { change, status, space } = notice;
  const key = answerKey(space, change.number);
  const known = answers.get(key);
  const version = notice.kind === 'answered' ? notice.version : (known?.version ?? 0);
  const conflict = notice.kind === 'conflict' ? (notice.conflict?.id ?? null) : (known?.conflict ?? null);
  answers.set(key, { change, status, version, conflict });
}
