const swc = {
  jsc: {
    parser: { syntax: 'typescript' },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/libs', '<rootDir>/apps'],
  testMatch: ['<rootDir>/{libs,apps}/*/src/**/*.test.ts'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@syncline/source', 'node', 'node-addons'] },
  // Jest loads neither modules that are ESM only nor what a module imports while it runs, as PGlite does.
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc],
    '/node_modules/jose/.+\\.js$': ['@swc/jest', swc],
    '/node_modules/@electric-sql/pglite/.+\\.cjs$': ['@swc/jest', swc],
    '/node_modules/@opentelemetry/otlp-exporter-base/.+\\.js$': ['@swc/jest', swc],
  },
  transformIgnorePatterns: [
    '/node_modules/(?!jose/|@electric-sql/pglite/|@opentelemetry/otlp-exporter-base/)',
  ],
  reporters: ['default', '<rootDir>/tools/jest-summary-reporter/index.cjs'],
  cacheDirectory: '<rootDir>/.cache/jest',
  errorOnDeprecated: true,
  // Only a test that hangs reaches this, however busy the machine.
  testTimeout: 30_000,
  restoreMocks: true,
};
