/** Objects held to the schemas of Kubernetes, cert-manager, the Prometheus operator and the Gateway API. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const packages = [
  'kubernetes-models',
  '@kubernetes-models/cert-manager',
  '@kubernetes-models/prometheus-operator',
  '@kubernetes-models/gateway-api',
];

/** The package is older than this version, whose fields are the same. */
const asIfOf = { 'gateway.networking.k8s.io/v1 GRPCRoute': 'gateway.networking.k8s.io/v1alpha2' };

function modelOf(version, kind) {
  for (const name of packages) {
    try {
      const { [kind]: model } = require(`${name}/${version}`);
      if (model !== undefined) return model;
    } catch (error) {
      if (!['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) throw error;
    }
  }
  return null;
}

/**
 * The schemas say what a field must be, and let pass fields that they do not know. A validator asks an object for every
 * field that its schema has, so what it never asked for is not in there. One that goes through all keys of an object takes
 * any; one that asks for nothing does not look inside.
 */
function watched(value, path, objects) {
  if (typeof value !== 'object' || value === null) return value;
  const asked = new Set();
  const inside = new Map();
  const record = { path, value, asked, all: Array.isArray(value) };
  objects.push(record);
  return new Proxy(value, {
    get(target, key) {
      if (typeof key === 'string' && key !== 'constructor') asked.add(key);
      const field = target[key];
      if (typeof field !== 'object' || field === null || !Object.hasOwn(target, key)) return field;
      if (!inside.has(key)) inside.set(key, watched(field, `${path}/${key}`, objects));
      return inside.get(key);
    },
    ownKeys(target) {
      record.all = true;
      return Reflect.ownKeys(target);
    },
  });
}

function unknownFields(objects) {
  return objects.flatMap(({ path, value, asked, all }) =>
    all || asked.size === 0
      ? []
      : Object.keys(value)
          .filter((key) => !asked.has(key))
          .map((key) => `${path}/${key} is not a field`),
  );
}

export function schemaProblems(object) {
  const { apiVersion, kind, metadata } = object;
  const name = `${kind} ${metadata?.name}`;
  const version = asIfOf[`${apiVersion} ${kind}`] ?? apiVersion;
  const model = modelOf(version, kind);
  if (model === null) return [`${name}: there is no schema of ${apiVersion} ${kind}`];
  const objects = [];
  const given = new model({ ...object, apiVersion: version });
  try {
    given.validate.call(watched(given, '', objects));
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
  return unknownFields(objects).map((problem) => `${name}: ${problem}`);
}
