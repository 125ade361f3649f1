import { Metadata } from '@grpc/grpc-js';
import { Caller, CheckRequest, CheckResponse, CheckSpace, Mode, type Plan } from '@syncline/proto';
import type { Bench } from './row';
import { fromWire, newClient, toWire } from './session';

/** What one Check brought, and how much went to and fro for it. */
export interface Checked {
  readonly plan: Plan;
  readonly bytes: number;
}

/** A device without a session, which asks now and then whether there is anything for it. */
export interface Poller {
  check(cursor: Uint8Array): Promise<Checked>;
  close(): void;
}

const CHECK = '/syncline.v1.SyncService/Check';

export function newPoller({ stack }: Bench, space: string, device: string): Poller {
  const client = newClient(stack.gateway);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${stack.tokenFor(space)}`);
  return {
    check(cursor) {
      const asked = { ...CheckSpace.create(), space, cursor, mode: Mode.BIDIRECTIONAL };
      const request = toWire(
        CheckRequest.encode({ caller: { ...Caller.create(), device }, spaces: [asked] }).finish(),
      );
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(CHECK, toWire, fromWire, request, metadata, (error, response) => {
          if (error !== null) return reject(error);
          const [plan] = CheckResponse.decode(response!).plans;
          return resolve({ plan: plan!, bytes: request.length + response!.length });
        });
      });
    },
    close: () => client.close(),
  };
}
