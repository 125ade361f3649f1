import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, type JWK } from 'jose';
import type { PublicAlgorithm } from './algorithms';

export interface Issuer {
  readonly jwk: JWK;
  readonly publicKey: KeyObject;
  sign(claims: object, header?: object): Promise<string>;
}

/** Somebody with a key pair who signs tokens. */
export function issuerOf(algorithm: PublicAlgorithm, kid: string, bits = 2_048): Issuer {
  const { publicKey, privateKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  return {
    publicKey,
    jwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, use: 'sig', alg: algorithm },
    sign: (claims, header = {}) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid, ...header })
        .sign(privateKey),
  };
}

export interface JwksServer {
  readonly url: string;
  /** How often it was asked. */
  asked(): number;
  publish(...keys: readonly object[]): void;
  answerWith(answer: (response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function jwksServer(): Promise<JwksServer> {
  let answer: (response: ServerResponse) => void = (response) => void response.writeHead(500).end();
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/keys`,
    asked: () => asked,
    publish: (...keys) => {
      answer = (response) => void response.end(JSON.stringify({ keys }));
    },
    answerWith: (given) => {
      answer = given;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
