import { type DeviceId, WHOLE_SPACE } from '@syncline/core';
import { PullRequest } from '@syncline/proto';
import { encode, pullCallToProto } from '@syncline/wire';
import { eventually } from '@syncline/port-contracts';
import { callWorld, HOME } from './call-world.test-fixtures';
import { syncMethods } from './sync-methods';

test('what is being read for a caller is given up when the caller has gone', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const { deps } = await callWorld({
    backends: {
      read: (_space, _reader, _cursor, gone) => {
        signals.push(gone);
        return new Promise(() => undefined);
      },
    },
  });
  const caller = {
    device: 'd' as DeviceId,
    tenant: null,
    protocol: null,
    capabilities: [],
    schemaVersions: new Map(),
    clockMs: null,
    condition: { link: 'unknown', batteryPercent: null },
  } as const;
  const call = { caller, space: HOME, scope: WHOLE_SPACE, cursor: null, acknowledged: null, bytesMax: null };
  const request = encode(PullRequest, pullCallToProto({ ...call, digests: new Map() }));
  const leaving = new AbortController();
  const context = { token: 'token-of-ann', peer: '', trace: '', gone: leaving.signal };
  void syncMethods(deps).get('syncline.v1.SyncService/Pull')?.answerBytes(request, context);
  await eventually(() => expect(signals).toHaveLength(1));
  expect(signals[0]?.aborted).toBe(false);
  leaving.abort();
  expect(signals[0]?.aborted).toBe(true);
});
