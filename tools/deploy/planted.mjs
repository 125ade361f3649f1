/** Proves that the checks notice what they forbid: breaks what was found, one thing at a time. */
import { deserialize, serialize } from 'node:v8';
import { named } from './cluster.mjs';
import { deployProblems } from './problems.mjs';

const deployment = (objects, name = 'gateway') => named(objects, 'Deployment', name).spec.template.spec;
const container = (objects, name = 'gateway') => deployment(objects, name).containers[0];
const secrets = (objects) => deployment(objects).volumes.find(({ name }) => name === 'secrets').secret;
const settings = (objects, name = 'gateway') =>
  named(objects, 'ConfigMap', container(objects, name).envFrom[0].configMapRef.name).data;
const policy = (objects, name) => named(objects, 'NetworkPolicy', name).spec;
const scaler = (objects, name) => named(objects, 'HorizontalPodAutoscaler', name).spec;
const without = (objects, kind, name) => objects.splice(objects.indexOf(named(objects, kind, name)), 1);

/** In an overlay: what is broken, and what has to be said of it. */
const inOverlay = [
  [(all) => (container(all).imagePullPolcy = 'Always'), /imagePullPolcy is not a field/],
  [(all) => delete container(all).name, /required property name/],
  [(all) => (container(all).ports[0].containerPort = '7400'), /containerPort must be integer/],
  [(all) => (deployment(all).securityContext.runAsNonRot = true), /runAsNonRot is not a field/],
  [(all) => (named(all, 'Deployment', 'merge').apiVersion = 'apps/v3'), /no schema of apps\/v3/],
  [(all) => (named(all, 'GRPCRoute', 'devices-grpc').spec.rule = []), /rule is not a field/],
  [(all) => delete named(all, 'Certificate', 'edge').spec.issuerRef, /required property issuerRef/],
  [(all) => (named(all, 'ServiceMonitor', 'merge').spec.endpoints[0].prt = 'ops'), /prt is not a field/],
  [(all) => delete deployment(all).securityContext.runAsNonRoot, /gateway may run as root/],
  [(all) => delete deployment(all).securityContext.seccompProfile, /seccomp/],
  [(all) => (deployment(all).hostNetwork = true), /has hostNetwork/],
  [(all) => (container(all).securityContext.allowPrivilegeEscalation = true), /may gain privileges/],
  [(all) => delete container(all).securityContext.readOnlyRootFilesystem, /root file system/],
  [(all) => (container(all).securityContext.capabilities = { drop: ['NET_RAW'] }), /keeps capabilities/],
  [(all) => delete container(all).resources.limits, /may take all memory/],
  [(all) => delete container(all).livenessProbe, /no livenessProbe/],
  [
    (all) => (container(all).readinessProbe.httpGet.port = 'operations'),
    /readinessProbe of gateway asks at a port/,
  ],
  [(all) => (deployment(all).terminationGracePeriodSeconds = 10), /killed before it is done/],
  [(all) => deployment(all).topologySpreadConstraints.pop(), /not spread/],
  [(all) => without(all, 'PodDisruptionBudget', 'merge'), /merge has 0 budgets/],
  [(all) => (container(all).image = 'registry.example.org/syncline/gatway:0.0.0'), /does not make/],
  [(all) => (container(all).image = 'registry.example.org/syncline/gateway:latest'), /of no one version/],
  [
    (all) => (container(all).image = 'registry.example.org/syncline/gateway:1.0.0'),
    /services of several versions/,
  ],
  [(all) => (container(all).ports[2].containerPort = 7403), /listens at .* and says/],
  [(all) => (settings(all).SYNCLINE_MERGE_ADRESS = 'dns:///merge:7410'), /MERGE_ADRESS is not a setting/],
  [(all) => (settings(all, 'merge').SYNCLINE_DRAIN_MS = 'two'), /DRAIN_MS .* not a whole number/],
  [(all) => delete settings(all, 'delta').SYNCLINE_CURSOR_KEYS_FILE, /CURSOR_KEYS is not set/],
  [(all) => delete settings(all).SYNCLINE_TOKEN_ISSUER, /needs SYNCLINE_TOKEN_ISSUER/],
  [
    (all) => (settings(all).SYNCLINE_MERGE_ADDRESS = 'dns:///merge:7411'),
    /names merge:7411, which no service has for that/,
  ],
  [
    (all) => (settings(all).SYNCLINE_MERGE_ADDRESS = 'dns:///merger:7410'),
    /names merger:7410, which no service has/,
  ],
  [(all) => secrets(all).items.pop(), /where nothing is mounted/],
  [(all) => (secrets(all).secretName = 'sincline'), /secret sincline, which nobody makes/],
  [(all) => (secrets(all).items[0].key = 'postgres'), /takes postgres of the secret syncline/],
  [(all) => (deployment(all).serviceAccountName = 'gatekeeper'), /no account gatekeeper/],
  [
    (all) => (named(all, 'Service', 'delta').spec.ports[0].targetPort = 'grcp'),
    /grcp of delta, which has none/,
  ],
  [(all) => (named(all, 'Service', 'delta').spec.ports[0].port = 7421), /has 7421 for 7420/],
  [
    (all) => (named(all, 'HTTPRoute', 'devices-http').spec.rules[0].backendRefs[0].port = 7409),
    /gateway:7409/,
  ],
  [(all) => (named(all, 'GRPCRoute', 'devices-grpc').spec.hostnames = ['x.example.org']), /has no listener/],
  [(all) => (named(all, 'ServiceMonitor', 'delta').spec.endpoints[0].port = 'metrics'), /no service has/],
  [(all) => (policy(all, 'merge').ingress[0].ports[0].port = 7411), /gateway does not reach merge at grpc/],
  [(all) => without(all, 'NetworkPolicy', 'nothing-by-default'), /not everything is forbidden/],
  [(all) => delete policy(all, 'delta-metrics').ingress[0].from, /stranger reaches delta at ops/],
  [(all) => without(all, 'NetworkPolicy', 'to-postgres'), /migrate does not reach a Postgres/],
  [(all) => without(all, 'NetworkPolicy', 'names'), /nobody can look up names/],
  [(all) => (scaler(all, 'gateway').metrics[0].pods.metric.name = 'syncline_sessions'), /no rule makes/],
  [(all) => scaler(all, 'gateway').metrics.pop(), /does not go by load and CPU/],
  [(all) => (scaler(all, 'merge').scaleTargetRef.name = 'merger'), /scales nothing/],
  [(all) => renameSeries(all), /no program counts syncline_gateway_session_open/],
  [(all) => (named(all, 'Service', 'merge').metadata.namespace = 'default'), /in the namespace default/],
];

function renameSeries(objects) {
  const { data } = named(objects, 'ConfigMap', 'prometheus-adapter-rules');
  data['config.yaml'] = data['config.yaml'].replace('gateway_sessions_open', 'gateway_session_open');
}

/** In the rest of what was found. */
const elsewhere = [
  [({ dockerfile }) => dockerfile.targets.gateway.exposes.pop(), /gateway: exposes/],
  [
    ({ dockerfile }) => (dockerfile.targets.merge.env.SYNCLINE_OPS_ADDRESS = '0.0.0.0:7421'),
    /merge: listens at other/,
  ],
  [
    ({ dockerfile }) => delete dockerfile.targets.delta.env.SYNCLINE_GRPC_ADDRESS,
    /no other container reaches/,
  ],
  [
    ({ dockerfile }) => (dockerfile.targets.delta.env.SYNCLINE_LANES = '2'),
    /SYNCLINE_LANES, which is not a setting/,
  ],
  [({ dockerfile }) => (dockerfile.targets.merge.health = 'NONE'), /merge: does not ask for its health/],
  [({ dockerfile }) => (dockerfile.targets.merge.user = 'root'), /does not say a user/],
  [({ dockerfile }) => (dockerfile.arguments.NODE_IMAGE = 'node:22-bookworm-slim'), /is not Node 24/],
  [({ dockerfile }) => delete dockerfile.targets.standalone, /no target standalone/],
  [
    ({ compose }) => (compose.services.gateway.environment.SYNCLINE_NATS = 'x'),
    /SYNCLINE_NATS is not a setting/,
  ],
  [
    ({ compose }) => delete compose.services.delta.environment.SYNCLINE_CURSOR_KEYS_FILE,
    /CURSOR_KEYS is not set/,
  ],
  [({ compose }) => (compose.services.delta.secrets = []), /which it is not given/],
  [({ compose }) => (compose.services.merge.build.target = 'delta'), /merge is built as delta/],
  [({ compose }) => compose.services.gateway.ports.push('127.0.0.1:7403:7403'), /publishes 7403/],
  [({ compose }) => (compose.services.gateway.ports[0] = '7400:7400'), /to other machines/],
  [({ compose }) => delete compose.services.merge.read_only, /merge may write/],
  [({ compose }) => (compose.services.redis.networks = ['outside2']), /REDIS_URL names .* cannot reach/],
  [
    ({ compose }) => (compose.services.gateway.environment.SYNCLINE_DELTA_ADDRESS = 'dns:///delta:7421'),
    /DELTA_ADDRESS names .* cannot reach/,
  ],
  [({ compose }) => (compose.secrets.extra = { file: './secrets/extra' }), /does not make extra/],
  [({ compose }) => compose.services.prometheus.volumes.push('../nowhere:/x:ro'), /mounts ..\/nowhere/],
  [({ prometheus }) => prometheus.scrape_configs.shift(), /does not scrape gateway:7402/],
  [({ generated }) => (generated[0].text += '#'), /is stale/],
];

/** The functions among what was found stay the same ones. */
function copyOf({ exists, ...found }) {
  return { ...deserialize(serialize(found)), exists };
}

export function unnoticed(found, known) {
  const overlay = found.overlays.find(({ name }) => name === 'high-availability');
  const plants = [
    ...inOverlay.map(([breakIt, says]) => [({ overlays: [{ objects }] }) => breakIt(objects), says]),
    ...elsewhere,
  ];
  return plants.flatMap(([breakIt, says]) => {
    const broken = copyOf({ ...found, overlays: [overlay] });
    breakIt(broken);
    const said = deployProblems(broken, known);
    return said.some((problem) => says.test(problem))
      ? []
      : [`the check does not notice: ${breakIt} said ${said.join('; ') || 'nothing'}, not ${says}`];
  });
}
