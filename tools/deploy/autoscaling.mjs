/** What the autoscalers go by: made by a rule for prometheus-adapter, of what a program really counts. */
import { nameOf, named, ofKind } from './cluster.mjs';
import { documentsIn } from './render.mjs';

/** Series that an expression names. */
export const seriesNamed = (expression) => [...new Set(expression.match(/\bsyncline_[a-z0-9_]+/g) ?? [])];

export function scalingProblems(objects, series) {
  const scalers = ofKind(objects, 'HorizontalPodAutoscaler');
  if (scalers.length === 0) return [];
  const text = named(objects, 'ConfigMap', 'prometheus-adapter-rules')?.data['config.yaml'];
  if (text === undefined) return ['nobody makes the numbers that autoscaling goes by'];
  const [{ rules }] = documentsIn(text, 'the rules of prometheus-adapter');
  const made = rules.map(({ seriesQuery, name }) => name?.as ?? seriesNamed(seriesQuery)[0]);
  const counted = rules.flatMap(({ seriesQuery }) => seriesNamed(seriesQuery));
  return [
    ...counted.filter((each) => !series.includes(each)).map((each) => `no program counts ${each}`),
    ...scalers.flatMap((scaler) => {
      const pods = scaler.spec.metrics.flatMap(({ pods: ofPods }) => ofPods?.metric.name ?? []);
      const hasCpu = scaler.spec.metrics.some(({ resource }) => resource?.name === 'cpu');
      return [
        ...pods
          .filter((name) => !made.includes(name))
          .map((name) => `${nameOf(scaler)}: no rule makes ${name}`),
        ...(pods.length > 0 && hasCpu ? [] : [`${nameOf(scaler)} does not go by load and CPU`]),
      ];
    }),
  ];
}
