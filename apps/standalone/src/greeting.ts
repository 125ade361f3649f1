import type { Standalone } from './standalone';

export interface Started {
  readonly folder: string;
  readonly tookMs: number;
  readonly scheme: 'http' | 'https';
}

/** What a person sees who has just started the server. */
export function greeting(server: Standalone, { folder, tookMs, scheme }: Started): string {
  const { grpc, http, ops, token, tenant, space } = server;
  const url = `${scheme}://${http}`;
  const lines = [
    `Syncline is ready after ${(tookMs / 1_000).toFixed(1)} s. Its data is in ${folder}`,
    '',
    `  gRPC               ${grpc}`,
    `  WebSocket, JSON    ${url}`,
    `  metrics, health    http://${ops}`,
    '',
    ...(token === null ? ['Tokens come from your issuer.'] : toTry({ url, token, tenant, space })),
    '',
  ];
  return `\n${lines.join('\n')}\n`;
}

function toTry({ url, token, tenant, space }: { [Name in 'url' | 'token' | 'tenant' | 'space']: string }) {
  const body = JSON.stringify({ caller: { device: 'curl' } });
  return [
    `A token for development, signed with a secret in that folder: it stands for the owner of the space "${space}" of`,
    `the tenant "${tenant}", for 30 days, and for nothing else.`,
    '',
    `  ${token}`,
    '',
    'To try, in another terminal:',
    '',
    `  curl -s ${url}/syncline.v1.SyncService/Spaces -H 'content-type: application/json' -H 'authorization: Bearer ${token}' -d '${body}'`,
    '  npm run demo',
  ];
}
