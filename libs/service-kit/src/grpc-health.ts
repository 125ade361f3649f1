import type { Server, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import type { Readiness } from './readiness';

interface HealthRequest {
  readonly service: string;
}

interface HealthResponse {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}

type Watcher = ServerWritableStream<HealthRequest, HealthResponse>;

export interface Health {
  /** Watching has no end of its own; this ends it, so that a closing server need not wait. */
  close(): void;
}

const WATCHERS_MAX = 1_000;

/** The standard health service, saying what readiness says: of every service of this server and, as '', of all. */
export function serveHealth(server: Server, names: readonly string[], readiness: Readiness): Health {
  const known = new Set(['', ...names]);
  const watchers = new Set<Watcher>();
  const answer = (): HealthResponse => ({ status: readiness.state().ready ? 'SERVING' : 'NOT_SERVING' });

  server.addService(service, {
    check(call: ServerUnaryCall<HealthRequest, HealthResponse>, callback: sendUnaryData<HealthResponse>) {
      if (known.has(call.request.service)) callback(null, answer());
      else callback({ code: status.NOT_FOUND, details: 'there is no such service here' });
    },
    watch(call: Watcher) {
      if (watchers.size >= WATCHERS_MAX) {
        call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'too many watch already' });
        return;
      }
      watchers.add(call);
      call.on('close', () => watchers.delete(call));
      call.on('cancelled', () => watchers.delete(call));
      if (known.has(call.request.service)) call.write(answer());
      else call.write({ status: 'SERVICE_UNKNOWN' });
    },
    list(_call: unknown, callback: sendUnaryData<{ statuses: Record<string, HealthResponse> }>) {
      callback(null, { statuses: Object.fromEntries([...known].map((name) => [name, answer()])) });
    },
  });
  const stopListening = readiness.onChange(() => {
    for (const watcher of watchers) if (known.has(watcher.request.service)) watcher.write(answer());
  });
  return {
    close() {
      stopListening();
      for (const watcher of watchers) watcher.end();
    },
  };
}
