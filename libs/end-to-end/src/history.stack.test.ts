import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { systemClock, systemTimer } from '@syncline/memory';
import { type Office, openOffice } from './office';
import { type Stack, startStack } from './stack';
import { sign } from './tokens';

const START_MS_MAX = 180_000;
const LOOKS_MAX = 100;
const LOOK_MS = 100;
const TOOL = path.resolve(__dirname, '../../../tools/verify-audit/main.mjs');
const SPACE = 'history';

let stack: Stack;
let office: Office;

/** History is forgotten as soon as there is a newer version, within a second or two. */
beforeAll(async () => {
  const forgetful = { SYNCLINE_LIMIT_HISTORY_PER_RECORD_MAX: '1', SYNCLINE_LIMIT_OFFLINE_HORIZON_MS: '2000' };
  stack = await startStack({
    counts: { gateway: 1, merge: 1, delta: 1 },
    env: {
      delta: { ...forgetful, SYNCLINE_DELTA_KEEP_EVERY_MS: '300' },
      gateway: { SYNCLINE_SYNC_QUIET_MS: '500' },
    },
  });
  office = openOffice(stack);
  await office.createSpace(SPACE);
}, START_MS_MAX);

afterAll(() => stack.close(), START_MS_MAX);

jest.setTimeout(60_000);

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64');

async function write(number: number, change: object): Promise<void> {
  const token = sign(stack.tokenSecret, systemClock(), { sub: 'ann', spaces: { [SPACE]: 'owner' } });
  const changes = [{ number, collection: 'notes', id: 'a', ...change }];
  const push = { caller: { device: 'ann-1' }, push: { space: SPACE, changes } };
  expect(await office.call('SyncService/Push', push, token)).toMatchObject({ status: 200 });
}

const ask = async <Answer>(method: string, body: object): Promise<Answer> => {
  const answer = await office.call(`HistoryService/${method}`, { space: SPACE, ...body });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body as Answer;
};

async function exported(): Promise<string> {
  const { http } = stack.address('gateway-1');
  const token = sign(stack.tokenSecret, systemClock(), { sub: 'operator', operator: true });
  const answer = await fetch(`http://${http}/syncline.v1.HistoryService/ExportAudit`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' },
    body: JSON.stringify({ space: SPACE }),
  });
  return answer.text();
}

test('a record is brought back, what was is forgotten, and the audit trail holds through all of it', async () => {
  await write(1, { create: { payload: base64({ n: 1 }) } });
  await write(2, { afterNumber: 1, baseVersion: 1, update: { payload: base64({ n: 2 }) } });
  const first = await ask<{ head: { version: number; publicKey: string } }>('GetChainHead', {});
  expect(first.head.version).toBe(2);
  const restored = await ask<{ record: { version: number; payload: string } }>('RestoreRecord', {
    collection: 'notes',
    id: 'a',
    version: 1,
  });
  expect(restored.record).toMatchObject({ version: 3, payload: base64({ n: 1 }), device: 'sys.service' });
  // The delta service forgets all but the newest version.
  for (let looks = 0; ; looks++) {
    const { entries } = await ask<{ entries: object[] }>('ListRecordVersions', {
      collection: 'notes',
      id: 'a',
    });
    if (entries.length > 1 && looks < LOOKS_MAX) {
      await new Promise<void>((resolve) => void systemTimer().after(LOOK_MS, resolve));
      continue;
    }
    expect(entries).toMatchObject([{ record: { version: 3 }, action: 'HISTORY_ACTION_RESTORE' }]);
    break;
  }
  const forgotten = await office.call('HistoryService/ReadSpaceAt', { space: SPACE, at: { version: 2 } });
  expect(JSON.stringify(forgotten.body)).toContain('VERSION_NOT_FOUND');
  const key = `1:${first.head.publicKey}`;
  const verified = spawnSync(process.execPath, [TOOL, '--space', `demo/${SPACE}`, '--key', key], {
    input: await exported(),
    encoding: 'utf8',
  });
  expect(`${verified.stderr}${verified.stdout}`).toContain('holds: 3 versions after 0, up to 3');
  expect(verified.stdout).toContain('of 2 of them, contents are left out or forgotten');
});

test('each sync of a device is an entry, which outlives the gateway that saw it', async () => {
  const space = 'syncs';
  await office.createSpace(space);
  const token = sign(stack.tokenSecret, systemClock(), { sub: 'bob', spaces: { [space]: 'editor' } });
  const caller = { device: 'bob-1' };
  const changes = [1, 2].map((number) => ({
    number,
    collection: 'notes',
    id: `n${number}`,
    create: { payload: base64({ number }) },
  }));
  const pushed = await office.call('SyncService/Push', { caller, push: { space, changes } }, token);
  expect(pushed).toMatchObject({ status: 200 });
  expect(await office.call('SyncService/Pull', { caller, space }, token)).toMatchObject({ status: 200 });
  // What was not written yet is written when the gateway ends.
  await stack.stop('gateway-1');
  await stack.start('gateway-1');
  const { entries } = await ask<{ entries: object[] }>('ListSyncEntries', { space });
  expect(entries).toMatchObject([
    {
      device: 'bob-1',
      user: 'bob',
      pushedCount: 2,
      receivedCount: 2,
      toVersion: 2,
    },
  ]);
});
