import { pino } from 'pino'
import { logScope } from './log-scope.ts'
import { readableLine } from './readable-line.ts'
import { writableFields } from './writable-fields.ts'

/** What rooms log with; made once in main and passed down. Messages are constants, values are fields with units (conventions §9). */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}
export type LogFields = Readonly<Record<string, unknown>> & { readonly event: string }

/** Where lines go, each with its end. Must not throw. */
export interface LineSink {
  write(line: string): void
}

export interface LoggerOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Gets every line too, as JSON. */
  readonly also?: LineSink
  /** Lines for a person at a terminal instead of JSON on stderr. */
  readonly isReadable?: boolean
}

/** JSON lines to stderr and, where given, elsewhere too. Only fields of the allow-list leave the process. */
export function createLogger(options: LoggerOptions): Logger {
  // The file first: what keeps stderr from taking a line is no reason to lose it there too.
  const streams: { level: 'trace'; stream: LineSink }[] = options.also === undefined ? [] : [{ level: 'trace', stream: options.also }]
  streams.push({ level: 'trace', stream: stderrStream(options.isReadable === true) })
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // pino's own form of `err` adds the texts of all causes, which is what the allow-list keeps out.
      serializers: { err: (error: unknown) => error },
      formatters: { level: (label) => ({ level: label }), log: (fields) => writableFields({ ...logScope.getStore(), ...fields }) },
    },
    pino.multistream(streams),
  )
}

function stderrStream(isReadable: boolean): LineSink {
  // sync: a line about a crash must be there after it. Life events are few.
  const stderr = pino.destination({ dest: 2, sync: true })
  stderr.on('error', () => undefined) // As below: pino tells some failures so, and throws others.
  return {
    write(line) {
      try {
        stderr.write(isReadable ? readableLine(line) : line)
      } catch {
        // A full disk behind a redirected stderr, or a reader that went away: the hub goes on, and the log file has the line.
      }
    },
  }
}

/** A logger that says nothing. */
export const silentLogger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
