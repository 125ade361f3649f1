/** Who reaches whom by the NetworkPolicies: everyone who has to, and nobody else. */
import { matches, ofKind, portsIn, workloads } from './cluster.mjs';

/** Who has to reach which port of whom, by name. Whoever is not in an overlay is not looked for there. */
const needed = [
  ['gateway', 'merge', 'grpc'],
  ['gateway', 'delta', 'grpc'],
  ['gateway', 'redis', 'redis'],
  ...['gateway', 'merge', 'delta'].map((name) => [name, 'nats', 'nats']),
  ...['gateway', 'merge', 'delta', 'migrate'].map((name) => [name, 'postgres', 'postgres']),
  ['nats', 'nats', 'peers'],
  ['redis', 'redis', 'redis'],
  ['redis', 'redis', 'peers'],
  ['edge', 'gateway', 'grpc'],
  ['edge', 'gateway', 'http'],
  ...['gateway', 'merge', 'delta'].map((name) => ['monitoring', name, 'ops']),
];

/** Pods elsewhere, and the component without which nothing has to let them in. */
const outside = [
  { name: 'edge', namespace: 'envoy-gateway-system', withKind: 'Gateway' },
  { name: 'monitoring', namespace: 'monitoring', withKind: 'ServiceMonitor' },
  { name: 'stranger', namespace: 'elsewhere' },
];

const own = 'syncline';
const clients = ['gateway', 'merge', 'delta', 'migrate'];
const postgresPort = 5432;

const namespaceLabels = (namespace) => ({ 'kubernetes.io/metadata.name': namespace });

/** Addresses are for what is no pod. */
function isPeer({ podSelector, namespaceSelector, ipBlock }, pod) {
  if (ipBlock !== undefined) return false;
  const isThere =
    namespaceSelector === undefined
      ? pod.namespace === own
      : matches(namespaceSelector, namespaceLabels(pod.namespace));
  return isThere && (podSelector === undefined || matches(podSelector, pod.labels));
}

const covers = (ports, { name, containerPort }) =>
  ports === undefined ||
  ports.some(({ port, protocol = 'TCP' }) => protocol === 'TCP' && [name, containerPort].includes(port));

function lets(policies, pod, direction, other, port) {
  const rules = { Ingress: ['ingress', 'from'], Egress: ['egress', 'to'] }[direction];
  const about = policies.filter(
    ({ spec }) =>
      pod.namespace === own && spec.policyTypes.includes(direction) && matches(spec.podSelector, pod.labels),
  );
  if (about.length === 0) return true;
  return about.some(({ spec }) =>
    (spec[rules[0]] ?? []).some(
      ({ [rules[1]]: peers, ports }) =>
        (peers === undefined || peers.some((peer) => isPeer(peer, other))) && covers(ports, port),
    ),
  );
}

const has = (kind) => (objects) => ofKind(objects, kind).length > 0;

function databaseProblems(policies, pods) {
  if (pods.some(({ name }) => name === 'postgres')) return [];
  const reaches = ({ spec: { podSelector, egress = [] } }, labels) =>
    matches(podSelector, labels) &&
    egress.some(
      ({ to = [], ports }) =>
        to.some(({ ipBlock }) => ipBlock !== undefined) && covers(ports, { containerPort: postgresPort }),
    );
  return pods
    .filter(
      ({ name, labels }) => clients.includes(name) && !policies.some((policy) => reaches(policy, labels)),
    )
    .map(({ name }) => `${name} does not reach a Postgres outside`);
}

export function networkProblems(objects) {
  const policies = ofKind(objects, 'NetworkPolicy');
  const pods = workloads(objects).map(({ name, labels, spec }) => ({ name, labels, spec, namespace: own }));
  const others = outside.map((pod) => ({ ...pod, labels: {} }));
  const isAlone = (from, to) =>
    from.name === to.name && !portsIn(to.spec).some(({ name }) => name === 'peers');
  const isWanted = (from, to, port) =>
    !isAlone(from, to) &&
    (from.withKind === undefined || has(from.withKind)(objects)) &&
    needed.some(([who, whom, by]) => who === from.name && whom === to.name && by === port.name);
  const paths = [...pods, ...others].flatMap((from) =>
    pods.flatMap((to) => portsIn(to.spec).map((port) => ({ from, to, port }))),
  );
  const wrong = paths.flatMap(({ from, to, port }) => {
    const may = lets(policies, from, 'Egress', to, port) && lets(policies, to, 'Ingress', from, port);
    if (may === isWanted(from, to, port)) return [];
    return [
      `${from.name} ${may ? 'reaches' : 'does not reach'} ${to.name} at ${port.name} ${port.containerPort}`,
    ];
  });
  const byName = policies.some(({ spec: { egress = [] } }) =>
    egress.some(({ ports = [] }) => ports.some(({ port, protocol }) => port === 53 && protocol === 'UDP')),
  );
  const isForbidding = ({ podSelector, policyTypes, ingress, egress }) =>
    Object.keys(podSelector).length === 0 &&
    policyTypes.length === 2 &&
    ingress === undefined &&
    egress === undefined;
  const forbidden = policies.some(({ spec }) => isForbidding(spec))
    ? []
    : ['not everything is forbidden that is not named'];
  return [
    ...forbidden,
    ...wrong,
    ...databaseProblems(policies, pods),
    ...(byName ? [] : ['nobody can look up names']),
  ];
}
