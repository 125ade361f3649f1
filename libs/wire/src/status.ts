import { type Reason, REASONS, type Refusal, refusal } from '@syncline/core';
import type { Any } from '@syncline/proto';
import { BadRequest, ErrorInfo, RequestInfo, RetryInfo, Status } from '@syncline/proto';
import { type Codec, decode, encode, uint64 } from './encoding';
import { isReason, REASON_TABLE, reasonByAdvice, STATUS_CODES } from './reasons';

const ERROR_DOMAIN = 'syncline';
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';
const NANOS_PER_MS = 1_000_000;

/** A refusal as the status of a call. A fault of the service says no more than that it is one. */
export function refusalToStatus(refused: Refusal): Status {
  const { reason, message, violations, retryAfterMs, facts, trace = '' } = refused;
  if (reason === 'INTERNAL') return bugStatus(trace);
  const { code, advice } = REASON_TABLE[reason];
  const metadata = new Map([...Object.entries(facts), ['advice', advice] as const]);
  const details = [detail('ErrorInfo', ErrorInfo, { reason, domain: ERROR_DOMAIN, metadata })];
  if (violations.length > 0) {
    const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
    details.push(detail('BadRequest', BadRequest, { fieldViolations }));
  }
  if (retryAfterMs !== null) {
    const ms = uint64(retryAfterMs);
    const retryDelay = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * NANOS_PER_MS };
    details.push(detail('RetryInfo', RetryInfo, { retryDelay }));
  }
  return { code: STATUS_CODES[code], message, details: [...details, ...traceDetails(trace)] };
}

/** For what was thrown: its cause is logged, the caller learns nothing of it but where that is found. */
export function bugStatus(trace = ''): Status {
  return { code: STATUS_CODES.INTERNAL, message: REASONS.INTERNAL, details: traceDetails(trace) };
}

function traceDetails(trace: string): Any[] {
  return trace === '' ? [] : [detail('RequestInfo', RequestInfo, RequestInfo.create({ requestId: trace }))];
}

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Proxies have ids of their own kind for requests. */
function traceOf(status: Status): Pick<Refusal, 'trace'> {
  const { requestId = '' } = detailOf(status, 'RequestInfo', RequestInfo) ?? {};
  return TRACE_ID.test(requestId) ? { trace: requestId } : {};
}

/** What a call's status says to a client, whoever made it: the service, a proxy before it, or gRPC itself. */
export function statusToRefusal(status: Status): Refusal {
  const info = detailOf(status, 'ErrorInfo', ErrorInfo);
  if (info?.domain !== ERROR_DOMAIN) {
    const reason = REASON_OF_CODE.get(status.code) ?? 'UNAVAILABLE';
    return {
      ...refusal(reason, status.message === '' ? {} : { message: status.message }),
      ...traceOf(status),
    };
  }
  const advice = info.metadata.get('advice');
  const facts = [...info.metadata].filter(([name]) => name !== 'advice');
  const delay = detailOf(status, 'RetryInfo', RetryInfo)?.retryDelay;
  return {
    reason: isReason(info.reason) ? info.reason : reasonByAdvice(advice),
    message: status.message,
    violations: (detailOf(status, 'BadRequest', BadRequest)?.fieldViolations ?? []).map(
      ({ field, description }) => ({ field, description }),
    ),
    retryAfterMs:
      delay === undefined ? null : uint64(delay.seconds * 1_000 + Math.ceil(delay.nanos / NANOS_PER_MS)),
    facts: Object.fromEntries(facts),
    ...traceOf(status),
  };
}

/** The value of the trailer `grpc-status-details-bin`. */
export function statusToBytes(status: Status): Uint8Array {
  return encode(Status, status);
}

/** A trailer that cannot be read says no more than the call's bare code and message do. */
export function statusFromBytes(bytes: Uint8Array, code: number, message: string): Status {
  const read = decode(Status, bytes);
  return read.ok ? read.value : { code, message, details: [] };
}

/** For statuses that carry no reason of ours. What is not named here may pass, so it is tried again. */
const REASON_OF_CODE: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  [STATUS_CODES.INVALID_ARGUMENT, 'INVALID_ARGUMENT'],
  [STATUS_CODES.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED'],
  [STATUS_CODES.PERMISSION_DENIED, 'PERMISSION_DENIED'],
  [STATUS_CODES.RESOURCE_EXHAUSTED, 'RATE_LIMITED'],
  [STATUS_CODES.UNIMPLEMENTED, 'VERSION_MISMATCH'],
  [STATUS_CODES.INTERNAL, 'INTERNAL'],
  [STATUS_CODES.DATA_LOSS, 'CORRUPTION'],
  [STATUS_CODES.UNAUTHENTICATED, 'UNAUTHENTICATED'],
]);

function detail<Message>(name: string, codec: Codec<Message>, message: Message): Any {
  return { typeUrl: TYPE_PREFIX + name, value: encode(codec, message) };
}

function detailOf<Message>({ details }: Status, name: string, codec: Codec<Message>): Message | null {
  const found = details.find(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${name}`));
  if (found === undefined) return null;
  const message = decode(codec, found.value);
  return message.ok ? message.value : null;
}
