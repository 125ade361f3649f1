import { type Refusal, refusal } from './refusals';

export const PROTOCOL_MIN = 1;
export const PROTOCOL_MAX = 1;

/** The known names of what a side can do beyond the protocol's core; both must name it before either uses it. */
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

/** Those that the rules keep. The others are only names so far, so nobody offers them. */
export const SERVED_CAPABILITIES = [
  'patch-entries',
  'own-entries',
  'operations',
  'presence',
  'compare',
] as const satisfies readonly Capability[];

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
  served: readonly Capability[] = SERVED_CAPABILITIES,
): Negotiation {
  const protocol = Math.min(device.max, server.max);
  if (device.min > device.max || protocol < Math.max(device.min, server.min)) {
    return {
      ok: false,
      refusal: refusal('VERSION_MISMATCH', {
        facts: { min: String(server.min), max: String(server.max) },
      }),
    };
  }
  const wanted = new Set(offered);
  return { ok: true, agreed: { protocol, capabilities: served.filter((name) => wanted.has(name)) } };
}
