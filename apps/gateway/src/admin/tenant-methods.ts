import { manageTenants } from '@syncline/flows';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import type { UnaryMethod } from '../unary/methods';
import type { AdminDeps } from './admin-deps';
import { form, type KnownCall } from './known-call';

/** What operators do with tenants. */
export function tenantMethods(deps: AdminDeps, known: KnownCall): Record<string, UnaryMethod> {
  const { store } = deps;
  const tenants = manageTenants({ ...deps, tenants: store, spaces: store, directory: store });
  return {
    CreateTenant: known(
      form(proto.CreateTenantRequest, wire.createTenantCall),
      form(proto.CreateTenantResponse, wire.tenantCreated),
      tenants.create,
    ),
    UpdateTenant: known(
      form(proto.UpdateTenantRequest, wire.updateTenantCall),
      form(proto.UpdateTenantResponse, wire.tenantUpdated),
      tenants.change,
    ),
    GetTenant: known(
      form(proto.GetTenantRequest, wire.getTenantCall),
      form(proto.GetTenantResponse, wire.tenantFound),
      async (identity, id) => {
        const found = await tenants.find(identity, id);
        if (!found.ok) return found;
        return { ok: true, value: { ...found.value, sessions: deps.open.ofTenant(found.value.tenant.id) } };
      },
    ),
    ListTenants: known(
      form(proto.ListTenantsRequest, wire.listTenantsCall),
      form(proto.ListTenantsResponse, wire.tenantsListed),
      tenants.list,
    ),
    DeleteTenant: known(
      form(proto.DeleteTenantRequest, wire.deleteTenantCall),
      form(proto.DeleteTenantResponse, wire.tenantDeleted),
      tenants.remove,
    ),
  };
}
