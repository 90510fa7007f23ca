import { join } from 'node:path'
import type { HubConfig } from '../config/config-schema.ts'
import { loadConfig } from '../config/load-config.ts'
import { HeldLines } from '../platform/logging/held-lines.ts'
import { LogFile } from '../platform/logging/log-file.ts'
import { createLogger, type Logger } from '../platform/logging/logger.ts'

/** What every command gets. */
export interface CliContext {
  readonly config: HubConfig
  readonly env: NodeJS.ProcessEnv
  readonly log: Logger
  /** From now on the log is also kept in files of this folder, its lines so far included. */
  keepLog(folder: string): LogFile
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
  const lines = new HeldLines()
  return {
    config,
    env,
    log: createLogger({ level, isReadable: process.stderr.isTTY, also: lines }),
    keepLog(folder) {
      const file = new LogFile({
        path: join(folder, 'hub.log'),
        keepFiles: config.logFiles,
        keepDays: config.logDays,
        tell: (line) => process.stderr.write(line),
      })
      lines.release(file)
      return file
    },
    answer(document, text) {
      process.stdout.write(isJson ? `${JSON.stringify(document)}\n` : text.map((line) => `${line}\n`).join(''))
    },
  }
}
