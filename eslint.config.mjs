import tseslint from 'typescript-eslint';
import { bannedEffects } from './tools/lint/effects-by-folder.mjs';
import syncline from './tools/lint/plugin.mjs';

const typescript = ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts', 'examples/**/*.ts'];
const tests = ['**/*.test.ts'];
const tools = ['**/*.mjs', '**/*.cjs'];

const everywhere = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-unreachable': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 70 }],
};

const typed = {
  '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true },
  ],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  // An in-memory adapter answers at once, yet its port is asynchronous.
  '@typescript-eslint/require-await': 'off',
  'no-restricted-syntax': [
    'error',
    { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
    { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
    { selector: 'TSModuleDeclaration[kind="namespace"]', message: 'A file is a module already.' },
    { selector: 'Decorator', message: 'Pass what is needed as an argument.' },
  ],
};

const toolGlobals = [
  'process',
  'console',
  'URL',
  'setTimeout',
  'clearTimeout',
  'Buffer',
  'fetch',
  'performance',
];
const commonJsGlobals = ['module', 'require', '__dirname', '__filename'];
const readonly = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/dist/**',
      'coverage/**',
      '.nx/**',
      '.cache/**',
      'libs/proto/src/gen/**',
      'tools/lint/planted/**',
    ],
  },
  // An exception is a line in this file, where everyone sees it, never a comment beside the code.
  { linterOptions: { noInlineConfig: true } },
  { plugins: { syncline }, rules: everywhere },
  {
    files: typescript,
    extends: tseslint.configs.recommendedTypeChecked,
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { ...typed, 'syncline/layers': 'error', 'syncline/module-state': 'error' },
  },
  ...bannedEffects.map(({ ban, ...where }) => ({
    ...where,
    rules: { 'syncline/effects': ['error', { ban }] },
  })),
  {
    files: tests,
    rules: {
      'syncline/tests': 'error',
      'syncline/module-state': 'off',
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: tools,
    languageOptions: { globals: readonly(toolGlobals) },
    rules: { 'no-undef': 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: readonly(commonJsGlobals) },
  },
);
