import {
  type Access,
  type Answer,
  type Capability,
  granted,
  negotiate,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
  refused,
  type SchemaVersions,
  SERVED_CAPABILITIES,
  type SpaceId,
  spaceKey,
  type SpaceKey,
} from '@syncline/core';
import { accessTo, admitCall, type SpaceCaller } from '@syncline/flows';
import type { Caller } from '@syncline/wire';
import type { CallDeps } from './call-deps';
import type { CallContext } from './methods';

/** A caller who may come in. */
export interface Admitted extends SpaceCaller {
  /** Those that both sides know. */
  readonly capabilities: readonly Capability[];
  /** Left out where it reads the newest of all collections. */
  readonly schemaVersions?: SchemaVersions;
}

export type Admit = (caller: Caller, context: CallContext) => Promise<Answer<Admitted>>;

export function admitCaller(deps: CallDeps): Admit {
  const { clock, store, compressor } = deps;
  const admit = admitCall({ ...deps, directory: store, tenants: store });
  const served: readonly Capability[] = [
    ...new Set<Capability>([...SERVED_CAPABILITIES, ...(compressor === null ? [] : PACKING)]),
  ];
  return async (caller, { token, peer }) => {
    const { device, tenant, clockMs, schemaVersions } = caller;
    const protocol = caller.protocol ?? PROTOCOL_MAX;
    const agreed = negotiate(
      { min: protocol, max: protocol },
      caller.capabilities,
      { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
      served,
    );
    if (!agreed.ok) return agreed;
    const known = await admit({ token, address: peer === '' ? null : peer, device, tenant });
    if (!known.ok) return known;
    const skewMs = clockMs === null ? 0 : clockMs - clock.nowMs();
    const { capabilities } = agreed.agreed;
    const versions = schemaVersions.size === 0 ? {} : { schemaVersions };
    return granted({ identity: known.value, device, skewMs, capabilities, ...versions });
  };
}

const PACKING = ['page-compression'] as const;

export interface AdmittedToSpace {
  readonly key: SpaceKey;
  readonly access: Access;
}

/** What the caller may do in a space; a space that they may not know of does not exist for them. */
export async function admitToSpace(
  { store }: CallDeps,
  { identity }: Admitted,
  space: SpaceId,
): Promise<Answer<AdmittedToSpace>> {
  const key = spaceKey(identity.tenant, space);
  const access = await accessTo(store, identity, key, { space });
  return access === null ? refused('SPACE_NOT_FOUND') : granted({ key, access });
}
