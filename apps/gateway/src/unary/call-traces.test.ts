import { type DeviceId, refusal, type Refusal } from '@syncline/core';
import { Unavailable } from '@syncline/ports';
import { PushRequest, PushResponse, SpacesRequest, SpacesResponse } from '@syncline/proto';
import { recordedTraces } from '@syncline/telemetry';
import { encode, pushCallToProto, spacesCallToProto } from '@syncline/wire';
import type { Backends } from '../backends';
import { create } from '../gateway.test-fixtures';
import { type CallWorld, callWorld, HOME } from './call-world.test-fixtures';
import { type Caller as Transport, serve, type Served } from './served.test-fixtures';
import { syncMethods } from './sync-methods';

const CALLER = {
  device: 'd1' as DeviceId,
  tenant: null,
  protocol: null,
  capabilities: [],
  schemaVersions: new Map(),
  clockMs: null,
  condition: { link: 'unknown', batteryPercent: null },
} as const;
const TRACE = 'ab'.repeat(16);
const TRACEPARENT = `00-${TRACE}-${'cd'.repeat(8)}-01`;
const TOKEN = 'token-of-ann';

const traces = recordedTraces();
const merge: { push: Backends['push'] } = { push: () => Promise.reject(new Unavailable('merge')) };
let world: CallWorld;
let served: Served;

beforeAll(async () => {
  world = await callWorld({ traces, backends: { push: (push) => merge.push(push) } });
  served = await serve(world);
});
afterAll(() => served.close());

async function spacesRefused(transport: Transport, traceparent?: string): Promise<Refusal> {
  const request = spacesCallToProto({ caller: CALLER, resultsMax: null, after: null });
  const answer = await transport.call('Spaces', SpacesRequest, SpacesResponse, request, 'wrong', traceparent);
  if (answer.ok) throw new TypeError('nobody has such a token');
  return answer.refusal;
}

async function pushRefused(transport: Transport, traceparent?: string): Promise<Refusal> {
  const push = { kind: 'push' as const, space: HOME, changes: [create(1)] };
  const request = pushCallToProto({ caller: CALLER, push });
  const answer = await transport.call('Push', PushRequest, PushResponse, request, TOKEN, traceparent);
  if (answer.ok) throw new TypeError('merge takes nothing');
  return answer.refusal;
}

test('a push whose caller hung up before it was sent on is no failed one', async () => {
  const leaving = new AbortController();
  leaving.abort();
  const push = { kind: 'push' as const, space: HOME, changes: [create(1)] };
  const request = encode(PushRequest, pushCallToProto({ caller: CALLER, push }));
  const context = { token: TOKEN, peer: '', trace: '', gone: leaving.signal };
  const answer = await syncMethods(world.deps)
    .get('syncline.v1.SyncService/Push')!
    .answerBytes(request, context);
  expect(answer).toMatchObject({ refusal: { reason: 'DEADLINE_EXCEEDED' } });
  expect(await world.registry.text()).toContain('gateway_pushes_total{result="failed"} 0');
});

describe.each(['grpc', 'http'] as const)('a refused call over %s', (transport) => {
  test('says in which trace its caller finds it', async () => {
    expect(await spacesRefused(served[transport], TRACEPARENT)).toMatchObject({
      reason: 'UNAUTHENTICATED',
      trace: TRACE,
    });
  });

  test('of no trace, or of one that cannot be read, names none', async () => {
    expect(await spacesRefused(served[transport])).not.toHaveProperty('trace');
    expect(await spacesRefused(served[transport], 'anything')).not.toHaveProperty('trace');
  });

  test.each<[string, Backends['push'], string]>([
    [
      'was refused',
      () => Promise.resolve({ kind: 'refused', refusal: refusal('RATE_LIMITED') }),
      'RATE_LIMITED',
    ],
    ['cannot be reached', () => Promise.reject(new Unavailable('merge')), 'UNAVAILABLE'],
    ['failed', () => Promise.reject(new Error('a fault')), 'INTERNAL'],
  ])('names the trace that was begun here for a push that %s', async (_, push, reason) => {
    merge.push = push;
    const refused = await pushRefused(served[transport]);
    const begun = traces.named('gateway.push').at(-1)!;
    expect(refused).toMatchObject({ reason, trace: begun.traceparent.split('-')[1] });
    expect(begun).toMatchObject({ parent: '', ended: true, failure: reason });
  });

  test('counts as a failed push, wherever it failed', async () => {
    const failed = async (): Promise<number> =>
      Number(/gateway_pushes_total\{result="failed"\} (\d+)/.exec(await world.registry.text())?.[1]);
    const before = await failed();
    merge.push = () => Promise.reject(new Unavailable('merge'));
    await pushRefused(served[transport]);
    const open = jest.spyOn(world.store, 'open').mockRejectedValueOnce(new Unavailable('Postgres'));
    await pushRefused(served[transport]);
    open.mockRestore();
    expect(await failed()).toBe(before + 2);
  });
});
