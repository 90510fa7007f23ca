import { AppError } from '@holdfast/shared-types'

/*
 * Redaction by allow-list: a field that is not named here is not written, whatever it holds. Adding a name is a decision that its
 * values are never secret and never a path of a user's file.
 */
const writable = new Set([
  'event',
  'requestId',
  'correlationId',
  'agentId',
  'runId',
  'snapshotId',
  'vaultId',
  'domainId',
  'sessionId',
  'packId',
  'userId',
  'hubId',
  'signInAccount',
  'method',
  'route',
  'status',
  'code',
  'operation',
  'messageType',
  'state',
  'fromState',
  'input',
  'outcome',
  'kind',
  'fence',
  'topic',
  'reason',
  'feature',
  'command',
  'signal',
  'durationMs',
  'deadlineMs',
  'leaseMs',
  'waitMs',
  'sizeBytes',
  'bytes',
  'bytesStored',
  'bytesRead',
  'disk',
  'freeBytes',
  'files',
  'folders',
  'warnings',
  'errors',
  'packs',
  'segments',
  'blobs',
  'rows',
  'lines',
  'events',
  'runs',
  'agents',
  'sockets',
  'migrations',
  'attempt',
  'count',
  'protocol',
  'version',
  'origin',
  'host',
  'port',
  'pid',
  'address',
  'listener',
  'facts',
  'constraint',
  'isDirty',
  'adopted',
  'initialised',
  'storeKind',
  'platform',
  'major',
])

/** What may be written of the given fields. Unknown names are listed in `withheld`, so that nobody wonders where a value went. */
export function writableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  const withheld: string[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'err') kept['err'] = writableError(value)
    else if (!writable.has(name)) withheld.push(name)
    else kept[name] = writableValue(value)
  }
  if (withheld.length > 0) kept['withheld'] = withheld
  return kept
}

function writableValue(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'string') return value.length > 300 ? `${value.slice(0, 300)}…` : value
  if (typeof value === 'bigint') return value.toString()
  return `[${value?.constructor?.name ?? typeof value}]`
}

const maxCauses = 5

/** Class, code, stack and causes. The text only of our own errors: a driver's may hold the values of a statement. */
function writableError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return `[${typeof error}]`
  const code: unknown = 'code' in error ? error.code : undefined
  const constraint: unknown = 'constraint' in error ? error.constraint : undefined
  const hasPlainText = error instanceof AppError || !('query' in error || 'severity' in error)
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(hasPlainText ? { message: firstLine(error.message) } : {}),
    at: (error.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 12)
      .map((line) => line.trim()),
    ...(error.cause !== undefined && depth < maxCauses ? { cause: writableError(error.cause, depth + 1) } : {}),
  }
}

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 300)
