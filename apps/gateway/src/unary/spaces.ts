import { listSpaces } from '@syncline/flows';
import { SpacesRequest, SpacesResponse } from '@syncline/proto';
import { listedSpacesToProto, spacesCallFromProto } from '@syncline/wire';
import type { Admit } from './admitted';
import type { CallDeps } from './call-deps';
import { type UnaryMethod, unaryMethod } from './methods';

const RESULTS_USUAL = 100;
const RESULTS_MAX = 1_000;

export function spacesMethod({ store }: CallDeps, admit: Admit): UnaryMethod {
  const list = listSpaces({ deltas: store, directory: store });
  return unaryMethod(SpacesRequest, SpacesResponse, async (request, context) => {
    const call = spacesCallFromProto(request);
    if (!call.ok) return call;
    const { caller, after, resultsMax } = call.value;
    const admitted = await admit(caller, context);
    if (!admitted.ok) return admitted;
    const limit = Math.min(resultsMax ?? RESULTS_USUAL, RESULTS_MAX);
    const { spaces, next } = await list(admitted.value.identity, after, limit);
    const told = spaces.map(({ access, ...each }) => ({ ...each, role: access.role }));
    return { ok: true, value: listedSpacesToProto({ spaces: told, next }) };
  });
}
