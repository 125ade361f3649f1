import { BadRequest, ErrorInfo, RequestInfo, RetryInfo, type Status } from '@syncline/proto';
import { type Codec, decode, encode } from './encoding';

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

interface JsonCodec<Message> extends Codec<Message> {
  toJSON(message: Message): unknown;
}

interface DetailCodec {
  readonly toJson: (value: Uint8Array) => Readonly<Record<string, unknown>> | null;
  readonly toBytes: (json: Readonly<Record<string, unknown>>) => Uint8Array;
}

const plain = <Message>(codec: JsonCodec<Message>): DetailCodec => ({
  toJson(value) {
    const message = decode(codec, value);
    return message.ok ? (codec.toJSON(message.value) as Record<string, unknown>) : null;
  },
  toBytes: (json) => encode(codec, codec.fromJSON(json)),
});

const NANOS_PER_SECOND = 1_000_000_000;
const DURATION = /^(\d+)(?:\.(\d{1,9}))?s$/;

/** In JSON a duration is text, which the generated code does not know. */
const retry: DetailCodec = {
  toJson(value) {
    const message = decode(RetryInfo, value);
    const delay = message.ok ? message.value.retryDelay : undefined;
    if (delay === undefined) return {};
    const fraction = String(NANOS_PER_SECOND + delay.nanos)
      .slice(1)
      .replace(/0+$/, '');
    return { retryDelay: `${delay.seconds}${fraction === '' ? '' : `.${fraction}`}s` };
  },
  toBytes({ retryDelay }) {
    const [, seconds, fraction = ''] = DURATION.exec(String(retryDelay)) ?? [];
    if (seconds === undefined) return new Uint8Array(0);
    const nanos = Number(fraction.padEnd(9, '0'));
    return encode(RetryInfo, { retryDelay: { seconds: Number(seconds), nanos } });
  },
};

const DETAILS: ReadonlyMap<string, DetailCodec> = new Map([
  ['ErrorInfo', plain(ErrorInfo)],
  ['BadRequest', plain(BadRequest)],
  ['RequestInfo', plain(RequestInfo)],
  ['RetryInfo', retry],
]);

/** A status as proto-JSON, where each detail stands open under the name of its type. */
export function statusToJson({ code, message, details }: Status): unknown {
  return {
    code,
    message,
    details: details.map(({ typeUrl, value }) => {
      const name = typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
      return { '@type': typeUrl, ...DETAILS.get(name)?.toJson(value) };
    }),
  };
}

/** For clients. Details of unknown types are left out; what is no status at all is null. */
export function statusFromJson(json: unknown): Status | null {
  if (!isObject(json)) return null;
  const { code, message, details } = json as { readonly [Name in keyof Status]?: unknown };
  if (typeof code !== 'number') return null;
  const given: readonly unknown[] = Array.isArray(details) ? details : [];
  return {
    code,
    message: typeof message === 'string' ? message : '',
    details: given.filter(isObject).flatMap((detail) => {
      const typeUrl = String(detail['@type']);
      const codec = typeUrl.startsWith(TYPE_PREFIX)
        ? DETAILS.get(typeUrl.slice(TYPE_PREFIX.length))
        : undefined;
      return codec === undefined ? [] : [{ typeUrl, value: codec.toBytes(detail) }];
    }),
  };
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
