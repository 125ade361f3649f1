/** How pods have to be: the restricted profile of Kubernetes, a root file system that nobody writes to, known needs, probes. */
import { matches, ofKind, workloads } from './cluster.mjs';

function securityProblems({ securityContext: pod = {}, containers, initContainers = [], ...spec }) {
  const shares = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true);
  const mounts = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined);
  return [
    ...shares.map((name) => `has ${name}`),
    ...mounts.map(({ name }) => `mounts ${name} from its machine`),
    ...(pod.runAsNonRoot === true ? [] : ['may run as root']),
    ...(pod.runAsUser > 0 ? [] : ['does not say as whom it runs']),
    ...(pod.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has not the seccomp profile RuntimeDefault']),
    ...(spec.automountServiceAccountToken === false ? [] : ['mounts a token of the cluster']),
    ...[...containers, ...initContainers].flatMap(({ name, securityContext: own = {} }) =>
      [
        own.allowPrivilegeEscalation === false || 'may gain privileges',
        own.readOnlyRootFilesystem === true || 'may write to its root file system',
        own.capabilities?.drop?.includes('ALL') || 'keeps capabilities',
        own.capabilities?.add === undefined || 'adds capabilities',
        own.privileged !== true || 'is privileged',
        own.runAsUser !== 0 || 'runs as root',
        own.runAsNonRoot !== false || 'may run as root',
      ]
        .filter((problem) => problem !== true)
        .map((problem) => `${name} ${problem}`),
    ),
  ];
}

function needProblems({ containers }) {
  return containers.flatMap(({ name, image, resources: { requests = {}, limits = {} } = {} }) => [
    ...(requests.cpu && requests.memory ? [] : [`${name} does not say what it needs`]),
    ...(limits.memory ? [] : [`${name} may take all memory`]),
    ...(/:[^/:]+$/.test(image) && !image.endsWith(':latest')
      ? []
      : [`${name} is of no one version: ${image}`]),
  ]);
}

function probeProblems({ containers }) {
  const wanted = ['startupProbe', 'livenessProbe', 'readinessProbe'];
  return containers.flatMap(({ name, ports = [], ...container }) => {
    const portOf = (probe) => (probe.httpGet ?? probe.tcpSocket ?? {}).port;
    const unknown = wanted.filter((probe) => {
      const port = container[probe] === undefined ? undefined : portOf(container[probe]);
      return port !== undefined && !ports.some((each) => each.name === port || each.containerPort === port);
    });
    return unknown.map((probe) => `the ${probe} of ${name} asks at a port that it does not have`);
  });
}

function serviceProblems({ spec, owner, labels }, objects) {
  const [container] = spec.containers;
  const missing = ['startupProbe', 'livenessProbe', 'readinessProbe'].filter(
    (probe) => container[probe] === undefined,
  );
  const spread = (spec.topologySpreadConstraints ?? []).map(({ topologyKey }) => topologyKey);
  const budgets = ofKind(objects, 'PodDisruptionBudget').filter(({ spec: { selector } }) =>
    matches(selector, labels),
  );
  const pauseS = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
  return [
    ...missing.map((probe) => `has no ${probe}`),
    ...(container.readinessProbe?.httpGet?.path === '/readyz' ? [] : ['is not asked whether it is ready']),
    ...(container.livenessProbe?.httpGet?.path === '/healthz' ? [] : ['is not asked whether it is alive']),
    ...(spread.includes('topology.kubernetes.io/zone') && spread.includes('kubernetes.io/hostname')
      ? []
      : ['is not spread over zones and machines']),
    ...(budgets.length === 1 ? [] : [`has ${budgets.length} budgets of disruption`]),
    ...(pauseS > 0 && spec.terminationGracePeriodSeconds > pauseS + drainS
      ? []
      : ['is killed before it is done']),
    ...(owner.spec.replicas === undefined
      ? []
      : ['has a number of replicas, which takes back what autoscaling did']),
  ];
}

/** The default of every service. */
const drainS = 10;

export function podProblems(objects) {
  return workloads(objects).flatMap((workload) => {
    const { name, kind, spec } = workload;
    return [
      ...securityProblems(spec),
      ...needProblems(spec),
      ...probeProblems(spec),
      ...(kind === 'Deployment' ? serviceProblems(workload, objects) : []),
      ...(kind === 'StatefulSet' && spec.containers[0].readinessProbe === undefined
        ? ['has no readinessProbe']
        : []),
    ].map((problem) => `${kind} ${name} ${problem}`);
  });
}
