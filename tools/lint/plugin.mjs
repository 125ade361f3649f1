import effects from './rules/effects.mjs';
import layers from './rules/layers.mjs';
import moduleState from './rules/module-state.mjs';
import tests from './rules/tests.mjs';

export default {
  meta: { name: 'syncline' },
  rules: { effects, layers, 'module-state': moduleState, tests },
};
