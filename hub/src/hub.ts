import type { HubId } from '@holdfast/shared-types'
import type { HubConfig } from './config/config-schema.ts'
import type { DatabaseConnection } from './platform/database/connection.ts'
import type { LogFileState } from './platform/logging/log-file.ts'
import type { Logger } from './platform/logging/logger.ts'

/** What a hub is made from; the caller owns data folder, its lock and the database server. */
export interface HubOptions {
  readonly config: HubConfig
  readonly connection: DatabaseConnection
  readonly log: Logger
  /** Where the log is kept, for /health; absent where it goes to standard error alone. */
  readonly logFile?: { readonly state: LogFileState }
  /** 32 bytes that seal vault keys. */
  readonly secret: Uint8Array
  /** The hub's clock, for tests that move it. */
  readonly now?: () => number
  /** Folder of the built web app; where it is absent the hub says how to build it. */
  readonly webRoot?: string
  /** Called once if this hub must not go on (another one took its database): close it and end the process. */
  readonly onFatal?: (error: Error) => void
}

/** A hub that has its database open and its features started. */
export interface Hub {
  readonly hubId: HubId
  /** Where people and agents reach it: HOLDFAST_PUBLIC_URL, else what it listens on (known after `listen`). */
  readonly origin: string
  /** The port it listens on; 0 before `listen`. */
  readonly port: number
  /** Accepts connections on the configured host and port. */
  listen(): Promise<void>
  /**
   * Runs one administrative command (`admin.ts` of the features): for the CLI and the local admin socket, which have proven by the
   * file system's rights that they may.
   *
   * @throws AppError `command.invalid` for an unknown command or an input that does not fit
   */
  admin(command: string, input: unknown): Promise<unknown>
  readonly adminCommands: readonly string[]
  /** A new one-time sign-in address while no administrator has chosen a password, else null. Earlier ones stop working. */
  signInLink(): Promise<string | null>
  /** Stops accepting, ends sockets and features, closes the database. Idempotent; done within 10 s. */
  close(): Promise<void>
}
