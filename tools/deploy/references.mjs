/** Whatever one object names in another has to be there. */
import { matches, named, nameOf, ofKind, portsIn, workloads } from './cluster.mjs';

/** Keys of a secret: of one that is rendered, of one that cert-manager makes, or of one that the documentation asks for. */
function secretKeys(objects, documented, name) {
  const rendered = named(objects, 'Secret', name);
  if (rendered !== undefined) return Object.keys({ ...rendered.data, ...rendered.stringData });
  const made = ofKind(objects, 'Certificate').some(({ spec }) => spec.secretName === name);
  return made ? ['tls.crt', 'tls.key', 'ca.crt'] : (documented[name] ?? null);
}

function secretProblems({ containers, volumes = [] }, keysOf) {
  const fromEnv = containers.flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
  );
  const fromVolumes = volumes.flatMap(({ secret }) =>
    secret === undefined ? [] : (secret.items ?? [{}]).map(({ key }) => ({ name: secret.secretName, key })),
  );
  return [...fromEnv, ...fromVolumes].flatMap(({ name, key }) => {
    const keys = keysOf(name);
    if (keys === null)
      return [`takes a secret ${name}, which nobody makes and docs/deploying.md does not ask for`];
    return key === undefined || keys.includes(key)
      ? []
      : [`takes ${key} of the secret ${name}, which has ${keys}`];
  });
}

function mountProblems({ containers, volumes = [] }, claims) {
  const known = [...volumes.map(({ name }) => name), ...claims.map(({ metadata }) => metadata.name)];
  return containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts
      .filter(({ name }) => !known.includes(name))
      .map(({ name }) => `mounts ${name}, which is no volume of its own`),
  );
}

function podProblems(objects, documented) {
  return workloads(objects).flatMap(({ kind, name, spec, owner }) => {
    const maps = [
      ...spec.containers.flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => configMapRef.name)),
      ...(spec.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
    ];
    const account = spec.serviceAccountName;
    return [
      ...maps
        .filter((map) => named(objects, 'ConfigMap', map) === undefined)
        .map((map) => `takes no ConfigMap ${map}`),
      ...(account === undefined || named(objects, 'ServiceAccount', account)
        ? []
        : [`has no account ${account}`]),
      ...secretProblems(spec, (secret) => secretKeys(objects, documented, secret)),
      ...mountProblems(spec, owner.spec.volumeClaimTemplates ?? []),
    ].map((problem) => `${kind} ${name} ${problem}`);
  });
}

/** Every port of a service leads to a port with that name or number in the pods that it selects. */
function serviceProblems(objects) {
  return ofKind(objects, 'Service').flatMap((service) => {
    const behind = workloads(objects).filter(({ labels }) =>
      matches({ matchLabels: service.spec.selector }, labels),
    );
    if (behind.length === 0) return [`${nameOf(service)} leads to no pod`];
    return behind.flatMap(({ name, spec }) =>
      service.spec.ports.flatMap(({ port, targetPort }) => {
        const found = portsIn(spec).find(
          (each) => each.name === targetPort || each.containerPort === targetPort,
        );
        if (found === undefined)
          return [`${nameOf(service)} leads to the port ${targetPort} of ${name}, which has none`];
        return found.containerPort === port
          ? []
          : [`${nameOf(service)} has ${port} for ${found.containerPort} of ${name}`];
      }),
    );
  });
}

const servicePort = (objects, name, port) =>
  named(objects, 'Service', name)?.spec.ports.some((each) => each.port === port || each.name === port) ??
  false;

function routeProblems(objects) {
  const routes = [...ofKind(objects, 'HTTPRoute'), ...ofKind(objects, 'GRPCRoute')];
  return routes.flatMap((route) => {
    const listeners = route.spec.parentRefs.map(({ name, sectionName }) =>
      named(objects, 'Gateway', name)?.spec.listeners.find((listener) => listener.name === sectionName),
    );
    const backends = route.spec.rules.flatMap(({ backendRefs }) => backendRefs);
    return [
      ...(listeners.every((listener) => route.spec.hostnames.includes(listener?.hostname))
        ? []
        : ['has no listener']),
      ...backends
        .filter(({ name, port }) => !servicePort(objects, name, port))
        .map(({ name, port }) => `leads to ${name}:${port}, which no service has`),
    ].map((problem) => `${nameOf(route)} ${problem}`);
  });
}

function selectorProblems(objects) {
  const pods = workloads(objects);
  const budgets = ofKind(objects, 'PodDisruptionBudget')
    .filter(({ spec }) => !pods.some(({ labels }) => matches(spec.selector, labels)))
    .map((budget) => `${nameOf(budget)} selects nothing`);
  const policies = ofKind(objects, 'NetworkPolicy')
    .filter(({ spec }) => !pods.some(({ labels }) => matches(spec.podSelector, labels)))
    .map((policy) => `${nameOf(policy)} selects nothing`);
  const monitors = ofKind(objects, 'ServiceMonitor').flatMap((monitor) => {
    const watched = ofKind(objects, 'Service').filter(({ metadata }) =>
      matches(monitor.spec.selector, metadata.labels ?? {}),
    );
    const reached = monitor.spec.endpoints.every(({ port }) =>
      watched.some(({ metadata }) => servicePort(objects, metadata.name, port)),
    );
    return reached ? [] : [`${nameOf(monitor)} watches a port that no service has`];
  });
  const scalers = ofKind(objects, 'HorizontalPodAutoscaler')
    .filter(({ spec: { scaleTargetRef: to } }) => named(objects, to.kind, to.name) === undefined)
    .map((scaler) => `${nameOf(scaler)} scales nothing`);
  return [...budgets, ...policies, ...monitors, ...scalers];
}

export function referenceProblems(objects, documented) {
  return [
    ...podProblems(objects, documented),
    ...serviceProblems(objects),
    ...routeProblems(objects),
    ...selectorProblems(objects),
  ];
}
