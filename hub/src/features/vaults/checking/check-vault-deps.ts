import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'

export interface CheckVaultDeps {
  readonly database: Database
  readonly log: Logger
}
