import { randomInt } from 'node:crypto'

const requests = ['GET /api/v1/devices', 'POST /api/v1/plans', 'GET /api/v1/runs', 'PUT /api/v1/me/settings', 'DELETE /api/v1/tokens']

/** A log as programs write it, never the same again: what compresses well, and better with more time (words by chance do not). */
export function aLog(bytes: number): Buffer {
  const lines: string[] = []
  let atMs = 1_790_000_000_000 + randomInt(1_000_000_000)
  for (let length = 0; length < bytes; length += lines.at(-1)?.length ?? 0) {
    const status = randomInt(9) === 0 ? 404 : 200
    atMs += randomInt(5000)
    lines.push(
      `${new Date(atMs).toISOString()} info ${requests[randomInt(5)] ?? ''}/${randomInt(1000)} by user-${randomInt(40)}: ${status} in ${randomInt(900)} ms\n`,
    )
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}
