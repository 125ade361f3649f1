import {
  decideConflicts,
  decideManyConflicts,
  findConflict,
  listConflicts,
  ratedService,
} from '@syncline/flows';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import { form, knownCalls } from '../admin/known-call';
import type { GatewayDeps } from '../gateway-deps';
import { serviceMethods, type UnaryMethods } from '../unary/methods';

/** The calls of ConflictService: what people see of conflicts, and decide. */
export function conflictMethods(deps: GatewayDeps): UnaryMethods {
  const known = knownCalls(deps);
  const { store, backends } = deps;
  const stores = { deltas: store, directory: store, conflicts: store, devices: store };
  const reading = { ...deps, ...stores };
  const deciding = { ...reading, push: ratedService({ ...deps, push: backends.push }) };
  const decide = decideConflicts(deciding);
  return new Map(
    serviceMethods('syncline.v1.ConflictService', {
      ListConflicts: known(
        form(proto.ListConflictsRequest, wire.listConflictsCall),
        form(proto.ListConflictsResponse, wire.conflictsListed),
        listConflicts(reading),
      ),
      GetConflict: known(
        form(proto.GetConflictRequest, wire.getConflictCall),
        form(proto.GetConflictResponse, wire.conflictFound),
        findConflict(reading),
      ),
      ResolveConflict: known(
        form(proto.ResolveConflictRequest, wire.resolveConflictCall),
        form(proto.ResolveConflictResponse, wire.conflictResolved),
        decide.resolve,
      ),
      ResolveConflicts: known(
        form(proto.ResolveConflictsRequest, wire.resolveConflictsCall),
        form(proto.ResolveConflictsResponse, wire.conflictsResolved),
        decideManyConflicts(deciding),
      ),
      UndoResolution: known(
        form(proto.UndoResolutionRequest, wire.undoResolutionCall),
        form(proto.UndoResolutionResponse, wire.resolutionUndone),
        decide.undo,
      ),
      ReopenConflict: known(
        form(proto.ReopenConflictRequest, wire.reopenConflictCall),
        form(proto.ReopenConflictResponse, wire.conflictReopened),
        decide.reopen,
      ),
    }),
  );
}
