import type { ServerHttp2Stream } from 'node:http2';

/** What of grpc-js's calls has no public name. */
interface CallInside {
  readonly nextCall?: CallInside;
  readonly stream?: ServerHttp2Stream;
}

/** The HTTP/2 stream of a call. */
export function http2Of(call: object): ServerHttp2Stream {
  let inside = (call as { readonly call?: CallInside }).call;
  // Interceptors stand around the call that has the stream.
  while (inside?.nextCall !== undefined) inside = inside.nextCall;
  if (inside?.stream === undefined)
    throw new Error('this version of @grpc/grpc-js keeps its streams elsewhere');
  return inside.stream;
}
