import { Client, credentials } from '@grpc/grpc-js';
import { type Answer, type Limits, type Reason, type TenantId, type UserId } from '@syncline/core';
import type { Codec } from '@syncline/wire';
import type { GatewayOptions } from '../gateway';
import { identityOf, TENANT, type TestGateway, type TestWorld, testWorld } from '../gateway.test-fixtures';
import { grpcCaller, httpCaller } from '../unary/served.test-fixtures';
import type { MessageCodec } from '../unary/methods';

/** Who may do what is asked in the name of each of these. */
export const CALLERS = ['operator', 'owner', 'editor', 'reader', 'stranger', 'of another tenant'] as const;
export type CallerName = (typeof CALLERS)[number];

const OTHER_TENANT = 'globex' as TenantId;

export interface AdminWorld extends TestWorld {
  readonly gate: TestGateway;
  /** A call over gRPC, with someone's token; null without one. */
  grpc: CallOf;
  /** The same as proto-JSON. */
  http: CallOf;
}

type CallOf = <Request, Response>(
  caller: CallerName | (string & {}) | null,
  name: string,
  request: Codec<Request> & MessageCodec<Request>,
  response: Codec<Response>,
  message: Partial<Request>,
) => Promise<Answer<Response>>;

/** A gateway over a world in memory, whose space `home` has an owner, an editor and a reader. */
export async function adminWorld(
  options: Partial<GatewayOptions> = {},
  limits: Partial<Limits> = {},
): Promise<AdminWorld> {
  const world = await testWorld({ handshakesBurstPerUserMax: 10_000, ...limits });
  const { store, tokens } = world;
  for (const caller of ['owner', 'editor', 'reader', 'stranger']) tokens.issue(caller, identityOf(caller));
  tokens.issue('operator', identityOf('root', { operator: true }));
  tokens.issue('of another tenant', identityOf('owner', { tenant: OTHER_TENANT }));
  for (const role of ['owner', 'editor', 'reader'] as const) {
    const access = { role, collections: new Map() };
    await store.setAccess(`${TENANT}/home` as never, role as string as UserId, access);
  }
  const gate = await world.gateway(options);
  const client = new Client(gate.address.grpc, credentials.createInsecure());
  const serviceOf = (name: string) =>
    [...CALLS_OF].find(([, names]) => names.includes(name))?.[0] ?? 'syncline.v1.AdminService';
  return {
    ...world,
    gate,
    grpc: (caller, name, request, response, message) =>
      grpcCaller(client, serviceOf(name)).call(
        name,
        request,
        response,
        { ...request.fromJSON({}), ...message },
        caller ?? undefined,
      ),
    http: (caller, name, request, response, message) =>
      httpCaller(`http://${gate.address.http}`, serviceOf(name)).call(
        name,
        request,
        response,
        { ...request.fromJSON({}), ...message },
        caller ?? undefined,
      ),
    async close() {
      client.close();
      await world.close();
    },
  };
}

/** Of other services than that of administration. */
const CALLS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'syncline.v1.DeviceService',
    [
      'RegisterDevice',
      'CreatePairing',
      'PairDevice',
      'ListDevices',
      'RenameDevice',
      'RevokeDevice',
      'GetDeviceStatus',
      'GetRoster',
    ],
  ],
  [
    'syncline.v1.ConflictService',
    [
      'ListConflicts',
      'GetConflict',
      'ResolveConflict',
      'ResolveConflicts',
      'UndoResolution',
      'ReopenConflict',
    ],
  ],
]);

export const reasonOf = (answer: Answer<unknown>): Reason | 'OK' =>
  answer.ok ? 'OK' : answer.refusal.reason;

export function valueOf<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  const { reason, message, violations } = answer.refusal;
  throw new Error(`${reason}: ${message} ${JSON.stringify(violations)}`);
}
