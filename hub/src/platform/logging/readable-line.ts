/** Written by the logger itself, or said by the line's own words. */
const framing = new Set(['level', 'time', 'msg', 'event'])

/**
 * One JSON log line as a line for a person: `10:15:02 warn  The disk is nearly full (files 3, durationMs 12)`. Times are local. A line
 * that is not JSON stays as it is.
 */
export function readableLine(line: string): string {
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  const time = typeof fields['time'] === 'string' ? new Date(fields['time']).toTimeString().slice(0, 8) : ''
  const details = Object.entries(fields)
    .filter(([name]) => !framing.has(name))
    .map(([name, value]) => `${name} ${asText(value)}`)
  return `${time} ${asText(fields['level'] ?? '').padEnd(5)} ${asText(fields['msg'] ?? '')}${details.length === 0 ? '' : ` (${details.join(', ')})`}\n`
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (isLoggedError(value)) return [value.code ?? value.type, value.message].filter((part) => part !== undefined).join(': ')
  return JSON.stringify(value)
}

const isLoggedError = (value: unknown): value is { readonly type: string; readonly code?: string; readonly message?: string } =>
  typeof value === 'object' && value !== null && 'type' in value && 'at' in value
