import { createServer, type AddressInfo, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { afterEach, expect, test } from 'vitest'
import { callOnce } from './call-hub.ts'

const sizeBytes = 8 * 1024 * 1024

let server: Server
let pool: Pool
afterEach(async () => {
  await pool.destroy()
  server.close()
})

/** A "hub" that answers when it has so much of the body, reads the rest later, and remembers every byte. */
async function answerAfter(bytes: number): Promise<{ received: () => Buffer }> {
  const parts: Buffer[] = []
  let isAnswered = false
  server = createServer((socket) => {
    socket.on('error', () => undefined) // The caller may hang up first.
    socket.on('data', (part) => {
      parts.push(part)
      if (isAnswered || parts.reduce((sum, { length }) => sum + length, 0) < bytes) return
      isAnswered = true
      socket.pause()
      setTimeout(() => socket.write('HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'), 50)
      setTimeout(() => socket.resume(), 200)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    received() {
      const all = Buffer.concat(parts)
      return all.subarray(all.indexOf('\r\n\r\n') + 4)
    },
  }
}

const put = (body: Uint8Array): Promise<unknown> => {
  const params = { sessionId: '5d0c8b1e-7a44-4f39-9c55-6a1b2c3d4e5f', packId: 'ab'.repeat(16) } as never
  const options = { authorization: null, timeoutMs: 5_000, onSent: () => undefined }
  return callOnce(pool, 'putPack', { params, query: { fence: 1 }, body }, options)
}

test('an answer that comes before all was sent is none', async () => {
  await answerAfter(64 * 1024)
  await expect(put(new Uint8Array(sizeBytes).fill(7))).rejects.toMatchObject({ code: 'hub.unreachable' })
})

test('once it was answered, what is done to the body reaches nobody', async () => {
  const { received } = await answerAfter(sizeBytes - 512 * 1024)
  const body = new Uint8Array(sizeBytes).fill(7)
  try {
    await put(body)
  } catch {
    // Answered too early: then the body stays with who sent it.
  }
  body.fill(66)
  await sleep(400)
  expect(received().includes(66)).toBe(false)
})
