import { type Refusal, refusal } from './refusals';

export const PROTOCOL_MIN = 1;
export const PROTOCOL_MAX = 1;

/** What a side can do beyond the protocol's core; both sides must name it before either uses it. */
export const CAPABILITIES = [
  'patch-entries',
  'own-entries',
  'page-compression',
  'operations',
  'artifacts',
  'presence',
  'compare',
  'integrity',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

export interface ProtocolRange {
  readonly min: number;
  readonly max: number;
}

export interface Negotiated {
  readonly protocol: number;
  readonly capabilities: readonly Capability[];
}

export type Negotiation =
  { readonly ok: true; readonly agreed: Negotiated } | { readonly ok: false; readonly refusal: Refusal };

/** The highest version that both speak, and the capabilities that both name; unknown ones are passed over. */
export function negotiate(
  device: ProtocolRange,
  offered: readonly string[],
  server: ProtocolRange = { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
  served: readonly Capability[] = CAPABILITIES,
): Negotiation {
  const protocol = Math.min(device.max, server.max);
  if (device.min > device.max || protocol < Math.max(device.min, server.min)) {
    return {
      ok: false,
      refusal: refusal('VERSION_MISMATCH', {
        facts: {
          deviceMin: String(device.min),
          deviceMax: String(device.max),
          serverMin: String(server.min),
          serverMax: String(server.max),
        },
      }),
    };
  }
  const wanted = new Set(offered);
  return { ok: true, agreed: { protocol, capabilities: served.filter((name) => wanted.has(name)) } };
}
