import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_LIMITS, type DeviceMessage as Said, type PushMessage, pushObstacle } from '@syncline/core';
import { CheckRequest, DeviceMessage, PullRequest, PushRequest, SpacesRequest } from '@syncline/proto';
import {
  checkCallFromProto,
  decodeJson,
  deviceMessageFromProto,
  pullCallFromProto,
  pushCallFromProto,
  spacesCallFromProto,
} from '@syncline/wire';
import { rendered } from './go-template.test-fixtures';
import { devicesFor, filled, type Places, type Scenario } from './scenario';

const FOLDER = path.resolve(__dirname, '../../../../tools/load/scenarios');
const NAMES = readdirSync(FOLDER).map((file) => path.basename(file, '.json'));

const scenarioOf = (name: string): Scenario =>
  JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as Scenario;

const PLACES: Places = {
  run: 'load-1-push-100',
  space: 'load-1-space',
  spaces: 4,
  devices: 8,
  quietSpace: 'load-1-quiet',
  cursor: Buffer.from('a cursor').toString('base64'),
  payload: Buffer.from('{"text":"a note"}').toString('base64'),
};

const NOW_MS = 1_800_000_000_000;

/** The data of one call, as ghz would send it. */
function sent(scenario: Scenario, requestNumber: number): unknown {
  const call = { RequestNumber: requestNumber, TimestampUnixMilli: NOW_MS };
  return rendered(filled(scenario.data, PLACES), call);
}

function read<Value>(answer: { ok: true; value: Value } | { ok: false; refusal: unknown }): Value {
  if (!answer.ok) throw new Error(JSON.stringify(answer.refusal));
  return answer.value;
}

interface Pushed {
  readonly device: string;
  readonly push: PushMessage;
}

/** By the very code that reads them in the service. */
const READERS: Readonly<Record<string, (data: unknown) => readonly Pushed[]>> = {
  'syncline.v1.SyncService.Push': (data) => {
    const { caller, push } = read(pushCallFromProto(read(decodeJson(PushRequest, data)), null));
    return [{ device: caller.device, push }];
  },
  'syncline.v1.SyncService.Pull': (data) => {
    read(pullCallFromProto(read(decodeJson(PullRequest, data))));
    return [];
  },
  'syncline.v1.SyncService.Check': (data) => {
    read(checkCallFromProto(read(decodeJson(CheckRequest, data))));
    return [];
  },
  'syncline.v1.SyncService.Spaces': (data) => {
    read(spacesCallFromProto(read(decodeJson(SpacesRequest, data))));
    return [];
  },
  'syncline.v1.SyncService.Session': (data) => {
    const messages = (data as unknown[]).map((each): Said =>
      read(deviceMessageFromProto(read(decodeJson(DeviceMessage, each)), null)),
    );
    const [hello, subscribe, ...pushes] = messages;
    if (hello?.kind !== 'hello' || subscribe?.kind !== 'subscribe')
      throw new Error('not in the order of a session');
    return pushes.map((push) => {
      if (push.kind !== 'push') throw new Error(`${push.kind} was not expected`);
      return { device: hello.device, push };
    });
  },
};

describe('the scenarios', () => {
  it('are there for the stream and for each unary call that devices make all the time', () => {
    expect(new Set(NAMES.map((name) => scenarioOf(name).call))).toEqual(new Set(Object.keys(READERS)));
  });

  it.each(NAMES)(
    '%s: every call is one that the service can read, with changes numbered from 1 on',
    (name) => {
      const scenario = scenarioOf(name);
      const last = new Map<string, number>();
      const records = new Set<string>();
      for (let call = 0; call < 3 * PLACES.devices; call++) {
        const pushes = READERS[scenario.call]!(sent(scenario, call));
        expect(pushes.flatMap(({ push }) => push.changes)).toHaveLength(scenario.writesPerCall);
        for (const { device, push } of pushes) {
          expect(pushObstacle(push, DEFAULT_LIMITS)).toBeNull();
          for (const { number, id } of push.changes) {
            const key = `${push.space}/${device}`;
            expect(number).toBe((last.get(key) ?? 0) + 1);
            last.set(key, number);
            expect(records.has(id)).toBe(false);
            records.add(id);
          }
        }
      }
      expect(last.size).toBe(scenario.writesPerCall === 0 ? 0 : PLACES.devices);
    },
  );

  it('give a device back its turn after the time that was asked for, and keep it in one space', () => {
    const scenario = { ...scenarioOf('push'), deviceBackAfterSeconds: 0.5 };
    expect([25, 100, 1_600].map((rate) => devicesFor(scenario, rate, 16))).toEqual([16, 64, 800]);
  });

  it('say what they cannot fill in', () => {
    expect(() => filled({ deep: ['$nothing'] }, PLACES)).toThrow(
      'there is no $nothing; there are run, space,',
    );
  });
});
