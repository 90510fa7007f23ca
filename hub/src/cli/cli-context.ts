import type { HubConfig } from '../config/config-schema.ts'
import { loadConfig } from '../config/load-config.ts'
import { createLogger, type Logger } from '../platform/logging/logger.ts'

/** What every command gets. */
export interface CliContext {
  readonly config: HubConfig
  readonly env: NodeJS.ProcessEnv
  readonly log: Logger
  /** Writes the command's one answer: the document with --json, else the lines. */
  answer(document: object, lines: readonly string[]): void
}

export interface CliContextOptions {
  readonly isJson: boolean
  /** Short commands tell only what is wrong, unless a level was set. */
  readonly isShort: boolean
}

/** @throws AppError `settings.invalid` */
export function createCliContext(env: NodeJS.ProcessEnv, { isJson, isShort }: CliContextOptions): CliContext {
  const config = loadConfig(env)
  const level = isShort && !env['HOLDFAST_LOG_LEVEL'] ? 'warn' : config.logLevel
  return {
    config,
    env,
    log: createLogger({ level, isReadable: process.stderr.isTTY }),
    answer(document, lines) {
      process.stdout.write(isJson ? `${JSON.stringify(document)}\n` : lines.map((line) => `${line}\n`).join(''))
    },
  }
}
