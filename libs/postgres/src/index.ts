export { FolderInUse } from './folder-lock';
export { migrate } from './migrate';
export { openPglite } from './pglite';
export {
  DEFAULT_POSTGRES_SETTINGS,
  openPostgres,
  type PooledSql,
  type PoolUse,
  type PostgresEvents,
  type PostgresSettings,
} from './pool';
export { type Connection, type Param, type Query, type Sql, statement, type Statement } from './sql';
export { databaseProblem, migrateWhenReached, untilMigrated, type WaitForDatabase } from './schema-readiness';
export { postgresStore, type PostgresStore, type PostgresStoreDeps } from './store';
