import { ChannelCredentials, status } from '@grpc/grpc-js';
import { endpointOf, resolverObstacle, type ExternalRule, type ResolverHosts } from '@syncline/core';
import type { ResolverAsked, ResolverQuestion } from '@syncline/flows';
import type { Clock } from '@syncline/ports';
import { ResolveRequest, ResolveResponse } from '@syncline/proto';
import { ConflictResolverService } from '@syncline/proto/services';
import { type GrpcChannel, grpcChannel, type ResolverToken } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import { decode, encode, resolverAnswerFromProto, resolverQuestionToProto } from '@syncline/wire';
import { type BreakerSettings, circuitBreaker, type CircuitBreaker } from './circuit-breaker';
import type { CallResult, ResolverMetrics } from './resolver-metrics';

export interface ResolverClientDeps {
  readonly hosts: ResolverHosts;
  readonly tokens: readonly ResolverToken[];
  /** The authorities of their certificates, as PEM; null for those that Node trusts. */
  readonly authorities: Buffer | null;
  readonly answerBytesMax: number;
  readonly clock: Clock;
  readonly metrics: Pick<ResolverMetrics, 'called'>;
  readonly log: Log;
  readonly settings: BreakerSettings;
}

export interface ResolverClient {
  /** Never rejects. */
  ask(question: ResolverQuestion): Promise<ResolverAsked>;
  breakersOpen(): number;
  /** Leaves off what is being asked. */
  close(): void;
}

const { path } = ConflictResolverService.resolve;
/** Owners may name any port of a host; those that were asked least recently are forgotten. */
const ENDPOINTS_MAX = 200;

interface KnownEndpoint {
  readonly channel: GrpcChannel;
  readonly breaker: CircuitBreaker;
  calls: number;
}

/** Asks the resolvers of tenants: each with a deadline, and none that failed several times in a row. */
export function resolverClient(deps: ResolverClientDeps): ResolverClient {
  const { clock, metrics } = deps;
  const endpoints = knownEndpoints(deps);
  const leaving = new AbortController();

  const notSent = (result: CallResult, problem: string): ResolverAsked => {
    metrics.called(result, null);
    return { kind: 'failed', problem };
  };
  const send = async (question: ResolverQuestion, token: string | null): Promise<ResolverAsked> => {
    const { rule } = question;
    const { deadlineMs } = rule;
    const known = endpoints.of(rule);
    const startedAtMs = clock.nowMs();
    if (!known.breaker.mayCall(startedAtMs))
      return notSent('breaker_open', 'failed several times in a row, and is not asked for a while');
    const request = encode(ResolveRequest, resolverQuestionToProto(question, startedAtMs + deadlineMs));
    const metadata = token === null ? {} : { authorization: `Bearer ${token}` };
    known.calls++;
    try {
      const bytes = await known.channel.unary(path, request, {
        deadlineMs,
        metadata,
        signal: leaving.signal,
      });
      return endpoints.ended(rule, readAnswer(bytes), startedAtMs);
    } catch (error) {
      const failed = leaving.signal.aborted ? LEFT_OFF : failureOf(error, deadlineMs);
      return endpoints.ended(rule, failed, startedAtMs);
    } finally {
      known.calls--;
    }
  };

  return {
    async ask(question) {
      const { rule } = question;
      const obstacle = resolverObstacle(rule, deps.hosts);
      if (obstacle !== null) return notSent('not_allowed', obstacle);
      const token = tokenFor(rule, deps.tokens);
      if (token === undefined)
        return notSent('not_allowed', `has no token named ${rule.tokenSecret} in this installation`);
      return leaving.signal.aborted ? { kind: 'not-asked' } : send(question, token);
    },
    breakersOpen: () => endpoints.breakersOpen(),
    close() {
      leaving.abort();
      endpoints.close();
    },
  };
}

/** Null where the rule names none, and undefined where the installation has none of that name for this host. */
function tokenFor(rule: ExternalRule, tokens: readonly ResolverToken[]): string | null | undefined {
  const { tokenSecret, endpoint } = rule;
  const at = endpointOf(endpoint);
  if (tokenSecret === '' || at === null) return null;
  return tokens.find(
    ({ name, host }) => name === tokenSecret && [at.host, `${at.host}:${at.port}`].includes(host),
  )?.token;
}

interface Ended {
  readonly result: CallResult;
  readonly asked: ResolverAsked;
}

const LEFT_OFF: Ended = { result: 'left_off', asked: { kind: 'not-asked' } };

const failing = (result: CallResult, problem: string): Ended => ({
  result,
  asked: { kind: 'failed', problem },
});

function readAnswer(bytes: Uint8Array): Ended {
  const response = decode(ResolveResponse, bytes);
  const answer = response.ok ? resolverAnswerFromProto(response.value) : response;
  return answer.ok
    ? { result: 'answered', asked: { kind: 'answered', answer: answer.value } }
    : failing('unreadable', 'gave an answer that cannot be read');
}

/** What it says beside its code is for whoever runs it, and may be anything. */
function failureOf(error: unknown, deadlineMs: number): Ended {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case status.DEADLINE_EXCEEDED:
      return failing('deadline', `did not answer within ${deadlineMs} ms`);
    case status.UNAVAILABLE:
      return failing('unreachable', 'cannot be reached');
    default: {
      const name = typeof code === 'number' ? (status[code] ?? 'UNKNOWN') : 'UNKNOWN';
      return failing('failed', `answered with the error ${name}`);
    }
  }
}

function knownEndpoints({ authorities, answerBytesMax, clock, metrics, log, settings }: ResolverClientDeps) {
  const known = new Map<string, KnownEndpoint>();
  const credentials = {
    plain: ChannelCredentials.createInsecure(),
    tls: ChannelCredentials.createSsl(authorities),
  };
  const keyOf = ({ endpoint, plaintext }: ExternalRule) => `${plaintext ? 'plain' : 'tls'} ${endpoint}`;
  const forgetOldest = (): void => {
    for (const [key, { calls, channel }] of known) {
      if (known.size < ENDPOINTS_MAX) return;
      if (calls > 0) continue;
      channel.close();
      known.delete(key);
    }
  };
  const open = ({ endpoint, plaintext }: ExternalRule): KnownEndpoint => ({
    channel: grpcChannel({
      clock,
      // With its scheme, so that no name can be taken for one.
      target: `dns:///${endpoint}`,
      credentials: plaintext ? credentials.plain : credentials.tls,
      messageBytesMax: answerBytesMax,
    }),
    breaker: circuitBreaker(settings),
    calls: 0,
  });

  return {
    of(rule: ExternalRule): KnownEndpoint {
      const key = keyOf(rule);
      const found = known.get(key);
      if (found === undefined) forgetOldest();
      const endpoint = found ?? open(rule);
      known.delete(key);
      known.set(key, endpoint);
      return endpoint;
    },
    ended(rule: ExternalRule, { result, asked }: Ended, startedAtMs: number): ResolverAsked {
      const nowMs = clock.nowMs();
      metrics.called(result, Math.max(0, nowMs - startedAtMs));
      const breaker = known.get(keyOf(rule))?.breaker;
      const before = breaker?.state;
      if (asked.kind === 'answered') breaker?.succeeded();
      else if (asked.kind === 'failed') breaker?.failed(nowMs);
      else breaker?.leftOff();
      const { endpoint } = rule;
      if (before !== 'open' && breaker?.state === 'open')
        log.warn('a resolver fails, and is not asked for a while', { endpoint, result });
      if (before === 'trying' && breaker?.state === 'closed')
        log.info('a resolver answers again', { endpoint });
      return asked;
    },
    breakersOpen: () => [...known.values()].filter(({ breaker }) => breaker.refuses(clock.nowMs())).length,
    close(): void {
      for (const { channel } of known.values()) channel.close();
    },
  };
}
