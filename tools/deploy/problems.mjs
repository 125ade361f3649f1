/** Everything that can be wrong with deploy/ and k8s/, given what is in them: `read.mjs` reads it. */
import { scalingProblems } from './autoscaling.mjs';
import { nameOf } from './cluster.mjs';
import { composeProblems } from './compose.mjs';
import { dockerfileProblems } from './dockerfile.mjs';
import { environmentProblems, versionProblems } from './environment.mjs';
import { staleProblems } from './generated.mjs';
import { networkProblems } from './network.mjs';
import { podProblems } from './pods.mjs';
import { services } from './programs.mjs';
import { referenceProblems } from './references.mjs';
import { schemaProblems } from './schemas.mjs';

function overlayProblems({ name, objects }, { dockerfile, documented }, { programs, series }) {
  const outside = objects
    .filter(({ kind, metadata: { namespace } }) => kind !== 'Namespace' && namespace !== 'syncline')
    .map((object) => `${nameOf(object)} is in the namespace ${object.metadata.namespace}`);
  const wrong = objects.flatMap(schemaProblems);
  const problems =
    wrong.length > 0
      ? wrong
      : [
          ...outside,
          ...podProblems(objects),
          ...referenceProblems(objects, documented),
          ...environmentProblems(objects, dockerfile, programs),
          ...versionProblems(objects),
          ...networkProblems(objects),
          ...scalingProblems(objects, series),
        ];
  return problems.map((problem) => `k8s/overlays/${name}: ${problem}`);
}

/** `found` is what the files hold, `known` what the programs say of themselves. */
export function deployProblems(found, known) {
  const { dockerfile, compose, prometheus, exists, secretsMade, generated } = found;
  return [
    ...dockerfileProblems(dockerfile, known.programs),
    ...found.overlays.flatMap((overlay) => overlayProblems(overlay, found, known)),
    ...composeProblems({
      compose,
      prometheus,
      dockerfile,
      exists,
      secretsMade,
      services,
      programs: known.programs,
    }),
    ...staleProblems(generated),
  ];
}
