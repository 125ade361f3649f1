import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Answer } from '@syncline/core';
import type { GatewayDeps } from '../gateway-deps';
import type { Draining } from '../streams/draining';
import { settleCall } from '../unary/settle';
import { sendArtifact } from './download';
import {
  type DownloadCall,
  incomingCall,
  type TransferCall,
  transferCall,
  type TransferCallDeps,
  type UploadCall,
} from './transfer-call';
import { receiveArtifact } from './upload';

export interface ArtifactStreamsDeps extends GatewayDeps {
  /** The address that callers come from says nothing, as they come through a proxy. */
  readonly behindProxy: boolean;
  /** Transfers under way end with DRAINING: they are gone on with at another gateway. */
  readonly draining: Draining;
}

export interface ArtifactStreams {
  /** For the generated ArtifactService, on a server whose messages are bytes. */
  readonly handlers: UntypedServiceImplementation;
}

const SERVICE = 'syncline.v1.ArtifactService';

export function artifactStreams(deps: ArtifactStreamsDeps): ArtifactStreams {
  const settle = settleCall(deps);
  const receive = receiveArtifact(deps);
  const send = sendArtifact(deps);
  const callDeps: TransferCallDeps = {
    timer: deps.timer,
    slowConsumerMs: deps.timing.slowConsumerMs,
    behindProxy: deps.behindProxy,
    onDrain: deps.draining.onDrain,
  };

  const perform = async (name: string, call: TransferCall, work: () => Promise<Answer<null>>) => {
    const answer = await settle(`${SERVICE}/${name}`, work, call);
    if (!answer.ok && answer.refusal.reason === 'SLOW_CONSUMER') deps.metrics.slowConsumer();
    call.end(answer.ok ? null : answer.refusal);
  };

  return {
    handlers: {
      uploadArtifact(stream: UploadCall) {
        const call = incomingCall(stream, callDeps);
        void perform('UploadArtifact', call, () => receive(call));
      },
      downloadArtifact(stream: DownloadCall) {
        const call = transferCall(stream, callDeps);
        void perform('DownloadArtifact', call, () => send(call, stream.request));
      },
    },
  };
}
