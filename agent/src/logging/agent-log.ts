import { pino, type DestinationStream, type Logger } from 'pino'

/** The fields a log line may carry. Everything else is left out: paths, names and secrets are in none of these. */
const allowedFields: ReadonlySet<string> = new Set([
  'event',
  'runId',
  'fence',
  'agentId',
  'hubId',
  'kind',
  'outcome',
  'code',
  'state',
  'reason',
  'warningCount',
  'durationMs',
  'dropped',
  'type',
  'pid',
  'version',
  'accepted',
  'droppedRuns',
  'droppedLogBatches',
  'files',
  'bytes',
  'bytesStored',
  'problem',
  'cure',
  'hubUrl',
  'signal',
])

interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Short lines for a person instead of JSON. */
  readonly isPretty: boolean
  readonly write: (text: string) => void
  /** Gets every line too, as JSON. */
  readonly also?: { write(line: string): void }
}

/** The one logger of a process: made where it starts, handed down. */
export function createAgentLog(options: LogOptions): Logger {
  const destination: DestinationStream = {
    write(line) {
      options.also?.write(line)
      options.write(options.isPretty ? shortLine(line) : line)
    },
  }
  return pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: allowed },
    },
    destination,
  )
}

const allowed = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => allowedFields.has(name) && (typeof value !== 'object' || value === null)),
  )

const silentFields = new Set(['level', 'time', 'message', 'event'])

function shortLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>
  const details = Object.entries(line)
    .filter(([name, value]) => !silentFields.has(name) && value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
  const level = line['level'] === 'info' ? '' : ` ${String(line['level'])}:`
  return `${String(line['time']).slice(11, 19)}${level} ${String(line['message'])}${details.length === 0 ? '' : `  ${details.join(' ')}`}\n`
}
